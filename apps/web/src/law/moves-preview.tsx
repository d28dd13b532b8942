import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useUnitName } from '../api/queries';
import { useI18n } from '../i18n';
import { formatCites, formatNumber, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { More } from '../ui/more';
import { Empty, Loading, Refused } from '../ui/states';
import { downloadMoves, type Draft, useMoves } from './queries';
import type { DateName, Move, Preview, RuleGroup } from './types';
import { useWords } from './words';

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
    <ul className="law-by-rule" aria-label={w.byRule}>
      {groups.map(({ rule, name, cites, count, shift }) => (
        <li key={rule}>
          <span className="law-rule-name">
            {say(name)} <span className="quiet">{formatCites(cites, language, true)}</span>
          </span>
          <strong className="law-count">{formatNumber(count, language)}</strong>
          <dl className="law-shifts">
            {DATES.map((date) => (
              <div key={date}>
                <dt>{w[date]}</dt>
                <dd className={shift[date].least < 0 ? 'law-earlier' : ''}>
                  {w.days(shiftText(shift[date], language))}
                </dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

function ByUnit({ preview: { byUnit, otherUnits } }: { preview: Preview }) {
  const w = useWords();
  const unitName = useUnitName();
  const { language } = useI18n();
  const n = (value: number): string => formatNumber(value, language);
  const rest = byUnit.length - MOST_UNITS + otherUnits;
  return (
    <div className="law-by-unit">
      <h3>{w.byUnit}</h3>
      <ul>
        {byUnit.slice(0, MOST_UNITS).map(({ unitCode, count, earlier }) => (
          <li key={unitCode ?? '–'}>
            <span>{unitName(unitCode) || '–'}</span> <strong>{n(count)}</strong>
            {earlier === 0 ? null : <span className="law-earlier"> ({w.earlier(n(earlier))})</span>}
          </li>
        ))}
        {rest <= 0 ? null : <li className="quiet">{w.otherUnits(n(rest))}</li>}
      </ul>
    </div>
  );
}

/** One term that moves: what, whose, and each date that changes. */
function MoveLine({ move, name }: { move: Move; name: string }) {
  const w = useWords();
  const unitName = useUnitName();
  const { matterKind, matterId, matterNumber, unitCode, before, after, shift } = move;
  const moved = DATES.filter((date) => shift[date] !== 0);
  return (
    <li className="law-move">
      <span>
        <Link to={matterKind === 'crime-tip' ? `/tips/${matterId}` : `/cases/${matterId}`}>{matterNumber ?? '–'}</Link>{' '}
        <span className="quiet">{unitName(unitCode) || '–'}</span> · {name}
      </span>
      {moved.map((date) => (
        <span key={date} className={shift[date] < 0 ? 'law-move-date law-earlier' : 'law-move-date'}>
          {w[date]}: <s>{formatWhen(before[date])}</s> → {formatWhen(after[date])}
        </span>
      ))}
    </li>
  );
}

function EachMove({ draft, preview: { name, byRule } }: { draft: Draft; preview: Preview }) {
  const w = useWords();
  const { say } = useI18n();
  const names = useMemo(() => new Map(byRule.map((group) => [group.rule, say(group.name)])), [byRule, say]);
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
          <ul className="law-move-list" data-testid="move-list">
            {items.map((move) => (
              <MoveLine key={move.obligationId} move={move} name={names.get(move.rule) ?? move.rule} />
            ))}
          </ul>
          <More has={moves.hasNextPage} loading={moves.isFetchingNextPage} load={() => void moves.fetchNextPage()} />
        </>
      )}
    </div>
  );
}
