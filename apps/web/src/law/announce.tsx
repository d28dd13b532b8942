import { Button } from 'antd';
import { useRef, useState } from 'react';
import { newIntentKey } from '../api/client';
import { isProblem } from '../api/problem';
import { useI18n } from '../i18n';
import { DayField, TextField, TickField } from '../ui/field';
import { formatNumber } from '../ui/format';
import { notify } from '../ui/notify';
import { Loading, Refused } from '../ui/states';
import { MovesPreview } from './moves-preview';
import { type Draft, usePreview, usePublish } from './queries';
import type { Announcement, Preview } from './types';
import { useWords } from './words';

const SHORTEST_REASON = 10;

/** What is asked of every publication, whatever it publishes. */
export interface Announced {
  number: string;
  signedOn: string | null;
  announcedOn: string | null;
}

export const NOT_ANNOUNCED: Announced = { number: '', signedOn: null, announcedOn: null };

/** The announcement, once it is complete. */
export function announcementOf({ number, signedOn, announcedOn }: Announced): Announcement | null {
  if (number.trim() === '' || signedOn === null || announcedOn === null) return null;
  return { document: { number: number.trim(), signedOn }, announcedOn };
}

interface Props {
  announced: Announced;
  onAnnounced: (announced: Announced) => void;
  /** The whole draft; null while something is missing. */
  draft: Draft | null;
  /** Whether the draft changes days that have passed; asked to confirm. */
  past?: { confirmed: boolean; onConfirm: (confirmed: boolean) => void } | null;
  onPublished: () => void;
}

/** From a draft to a publication: the document, the preview of what moves, the reason, the number confirmed. */
export function Announce({ announced, onAnnounced, draft, past = null, onPublished }: Props) {
  const w = useWords();
  const preview = usePreview();
  const seen = useRef<string | null>(null);
  const text = draft === null ? null : JSON.stringify(draft);
  const isStale = preview.data !== undefined && seen.current !== text;
  return (
    <>
      <section className="panel" aria-labelledby="law-document">
        <header className="panel-head">
          <h2 id="law-document">{w.document}</h2>
        </header>
        <div className="panel-body law-form">
          <TextField
            label={w.documentNumber}
            hint={w.documentHint}
            value={announced.number}
            required
            name="document"
            onChange={(number) => onAnnounced({ ...announced, number })}
          />
          <div className="law-two">
            <DayField
              label={w.signedOn}
              value={announced.signedOn}
              required
              onChange={(signedOn) => onAnnounced({ ...announced, signedOn })}
            />
            <DayField
              label={w.announcedOn}
              value={announced.announcedOn}
              required
              onChange={(announcedOn) => onAnnounced({ ...announced, announcedOn })}
            />
          </div>
          {past === null ? null : (
            <TickField label={w.correctsPast} checked={past.confirmed} onChange={past.onConfirm} />
          )}
          <div>
            <Button
              type="primary"
              disabled={draft === null}
              loading={preview.isPending}
              data-testid="preview"
              onClick={() => {
                if (draft === null) return;
                seen.current = text;
                preview.mutate(draft);
              }}
            >
              {preview.isPending ? w.previewing : w.preview}
            </Button>
          </div>
          {preview.isError && !isStale ? <Refused error={preview.error} /> : null}
        </div>
      </section>
      {preview.isPending ? (
        <section className="panel">
          <Loading rows={4} />
        </section>
      ) : preview.data === undefined || draft === null ? null : (
        <section className="panel law-result" aria-labelledby="law-preview">
          <header className="panel-head">
            <h2 id="law-preview">{w.previewTitle}</h2>
            <span className="quiet push">{preview.data.name}</span>
          </header>
          {isStale ? (
            <p className="panel-body law-stale" role="status">
              {w.stale}
            </p>
          ) : (
            <>
              <MovesPreview key={text} preview={preview.data} draft={draft} />
              <Publish key={`publish ${text}`} preview={preview.data} draft={draft} onPublished={onPublished} />
            </>
          )}
        </section>
      )}
    </>
  );
}

function Publish({ preview, draft, onPublished }: { preview: Preview; draft: Draft; onPublished: () => void }) {
  const w = useWords();
  const { t, language } = useI18n();
  const publish = usePublish();
  const key = useRef(newIntentKey());
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const isConfirmed = typed.trim() !== '' && Number(typed) === preview.moves;
  const isReasoned = reason.trim().length >= SHORTEST_REASON;
  const send = (): void => {
    setTried(true);
    if (!isConfirmed || !isReasoned) return;
    const { basedOn, moves, name } = preview;
    publish.mutateAsync({ draft, reason: reason.trim(), basedOn, confirmedMoves: moves, intentKey: key.current }).then(
      // Said also when the new version in force has put another form in the place of this one.
      ({ queued }) => {
        notify(w.publishedNews(name, formatNumber(queued, language)));
        onPublished();
      },
      // Refused, the same words may be sent again for another number: that is another intent.
      (error: unknown) => {
        if (isProblem(error) && error.kind !== 'offline') key.current = newIntentKey();
      },
    );
  };
  return (
    <form
      className="panel-body law-form law-publish"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h3>{w.publishTitle}</h3>
      <TextField
        label={w.reason}
        hint={w.reasonHint}
        value={reason}
        rows={2}
        required
        name="reason"
        fault={tried && !isReasoned ? t.common.needed : null}
        onChange={setReason}
      />
      <TextField
        label={w.confirm(formatNumber(preview.moves, language))}
        value={typed}
        type="number"
        required
        name="confirm"
        fault={tried && !isConfirmed ? w.confirmWrong : null}
        onChange={setTyped}
      />
      {publish.isError ? <Refused error={publish.error} /> : null}
      <div>
        <Button type="primary" htmlType="submit" loading={publish.isPending} data-testid="publish">
          {w.publish}
        </Button>
      </div>
    </form>
  );
}
