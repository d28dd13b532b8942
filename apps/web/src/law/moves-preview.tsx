import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../ui/data-table';
import { formatCites, formatNumber, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { More } from '../ui/more';
import { Empty, Loading, Refused } from '../ui/states';
import { downloadMoves, type Draft, useMoves } from './queries';
import type { DateName, Move, Preview, RuleGroup } from './types';
import { useWords, type Words } from './words';

const DATES: readonly DateName[] = ['safeBy', 'due', 'latestArguable'];
const MOST_UNITS = 8;

/** `+3`, `−2 … +3`, `0`: days by which a date moves. */
function shiftText({ least, most }: { least: number; most: number }, language: 'vi' | 'en'): string {
  const signed = (n: number): string => (n === 0 ? '0' : `${n < 0 ? '−' : '+'}${formatNumber(Math.abs(n), language)}`);
  return least === most ? signed(least) : `${signed(least)} … ${signed(most)}`;
}

/** What a draft would move: the number first, then by rule and unit, then each term. */
export function MovesPreview({ preview, draft }: { preview: Preview; draft: Draft }) {
  const w = useWords();
  const { language } = useI18n();
  const [shown, setShown] = useState(false);
  const n = (value: number): string => formatNumber(value, language);
  if (preview.moves === 0) return <Empty title={w.nothingMoves} hint={w.nothingMovesHint} />;
  return (
    <div className="law-preview" data-testid="moves-preview">
      <p className="law-moves" data-testid="moves-count">
        {w.moves(n(preview.moves), n(preview.matters))}
      </p>
      <p className="law-moves-tags">
        {preview.earlier === 0 ? null : (
          <span className="tag tag-urgent">
            <Icon name="warn" /> {w.earlier(n(preview.earlier))}
          </span>
        )}
        {preview.late === 0 ? null : (
          <span className="tag tag-red">
            <Icon name="late" /> {w.late(n(preview.late))}
          </span>
        )}
      </p>
      <ByRule groups={preview.byRule} />
      <ByUnit preview={preview} />
      {shown ? (
        <EachMove draft={draft} preview={preview} />
      ) : (
        <div className="law-list-act">
          <Button data-testid="show-moves" onClick={() => setShown(true)}>
            {w.showList}
          </Button>
        </div>
      )}
    </div>
  );
}

function ByRule({ groups }: { groups: readonly RuleGroup[] }) {
  const w = useWords();
  const { say, language } = useI18n();
  return (
    <div className="table-wrap" role="region" tabIndex={0} aria-label={w.byRule}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{w.byRule}</th>
            <th scope="col" className="numeric">
              {w.count}
            </th>
            {DATES.map((date) => (
              <th key={date} scope="col" className="numeric">
                {w[date]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(({ rule, name, cites, count, shift }) => (
            <tr key={rule}>
              <td className="law-wraps">
                {say(name)} <span className="quiet">{formatCites(cites, language, true)}</span>
              </td>
              <td className="numeric">{formatNumber(count, language)}</td>
              {DATES.map((date) => (
                <td key={date} className={shift[date].least < 0 ? 'numeric law-earlier' : 'numeric'}>
                  {w.days(shiftText(shift[date], language))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ByUnit({ preview: { byUnit, otherUnits } }: { preview: Preview }) {
  const w = useWords();
  const { language } = useI18n();
  const n = (value: number): string => formatNumber(value, language);
  const rest = byUnit.length - MOST_UNITS + otherUnits;
  return (
    <div className="law-by-unit">
      <h3>{w.byUnit}</h3>
      <ul>
        {byUnit.slice(0, MOST_UNITS).map(({ unitCode, count, earlier }) => (
          <li key={unitCode ?? '–'}>
            <span>{unitCode ?? '–'}</span> <strong>{n(count)}</strong>
            {earlier === 0 ? null : <span className="law-earlier"> ({w.earlier(n(earlier))})</span>}
          </li>
        ))}
        {rest <= 0 ? null : <li className="quiet">{w.otherUnits(n(rest))}</li>}
      </ul>
    </div>
  );
}

function columnsOf(w: Words, nameOf: (rule: string) => string): Column<Move>[] {
  return [
    {
      key: 'matter',
      title: w.matter,
      lead: true,
      render: ({ matterKind, matterId, matterNumber }) => (
        <Link to={matterKind === 'crime-tip' ? `/tips/${matterId}` : `/cases/${matterId}`}>{matterNumber ?? '–'}</Link>
      ),
    },
    { key: 'unit', title: w.unit, render: ({ unitCode }) => <span className="quiet">{unitCode ?? '–'}</span> },
    { key: 'rule', title: w.rule, render: ({ rule }) => <span className="law-wraps">{nameOf(rule)}</span> },
    ...DATES.map((date): Column<Move> => ({
      key: date,
      title: w[date],
      render: ({ before, after, shift }) => (
        <span className={shift[date] < 0 ? 'nowrap law-earlier' : 'nowrap'}>
          {shift[date] === 0 ? (
            <span className="quiet">{formatWhen(after[date])}</span>
          ) : (
            <>
              <s className="quiet">{formatWhen(before[date])}</s> → {formatWhen(after[date])}
            </>
          )}
        </span>
      ),
    })),
  ];
}

function EachMove({ draft, preview: { name, byRule } }: { draft: Draft; preview: Preview }) {
  const w = useWords();
  const { say } = useI18n();
  const columns = useMemo(() => {
    const names = new Map(byRule.map((group) => [group.rule, say(group.name)]));
    return columnsOf(w, (rule) => names.get(rule) ?? rule);
  }, [w, byRule, say]);
  const moves = useMoves(draft, true);
  const [problem, setProblem] = useState<unknown>(null);
  const items = moves.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="law-each">
      <div className="panel-head">
        <h3>{w.list}</h3>
        <Button
          size="small"
          className="push"
          data-testid="download-moves"
          onClick={() => downloadMoves(draft, `${name}.csv`).catch((error: unknown) => setProblem(error))}
        >
          <Icon name="download" /> {w.download}
        </Button>
      </div>
      {problem === null ? null : <Refused error={problem} />}
      {moves.isError ? (
        <Refused error={moves.error} />
      ) : moves.data === undefined ? (
        <Loading rows={5} />
      ) : (
        <>
          <DataTable
            rows={items}
            columns={columns}
            rowKey={({ obligationId }) => obligationId}
            label={w.list}
            testId="move-list"
          />
          <More has={moves.hasNextPage} loading={moves.isFetchingNextPage} load={() => void moves.fetchNextPage()} />
        </>
      )}
    </div>
  );
}
