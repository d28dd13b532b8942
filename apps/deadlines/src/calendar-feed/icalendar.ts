/** One entry of a calendar file. Days as `YYYY-MM-DD` last the whole day, moments (RFC 3339) a quarter of an hour. */
export interface CalendarEntry {
  /** Stable: a later file with the same one replaces the entry. */
  uid: string;
  /** Counts the changes of the entry. */
  sequence: number;
  at: string;
  summary: string;
  description: string;
}

const LINE_OCTETS = 75;

/** A text as RFC 5545 3.3.11 wants it. */
function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r?\n/g, '\\n')
    .replace(/[\u0000-\u001f\u007f]/g, '');
}

/** Break a line after at most 75 octets, never inside a character (RFC 5545 3.1). */
function folded(line: string): string {
  const lines: string[] = [];
  let current = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > LINE_OCTETS) {
      lines.push(current);
      current = ' ';
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join('\r\n');
}

/** `2026-01-25` → `20260125`. */
const dayOf = (day: string): string => day.replaceAll('-', '');
/** A moment in UTC as `20260125T010000Z`. */
const momentOf = (moment: Date): string => `${moment.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** A calendar file (RFC 5545) of these entries, as made at `now`. */
export function calendarFile(name: string, entries: readonly CalendarEntry[], now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Tin Bao//Deadlines//VI',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${escaped(name)}`,
    'X-WR-TIMEZONE:Asia/Ho_Chi_Minh',
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'X-PUBLISHED-TTL:PT1H',
    ...entries.flatMap(({ uid, sequence, at, summary, description }) => [
      'BEGIN:VEVENT',
      `UID:${escaped(uid)}`,
      `DTSTAMP:${momentOf(now)}`,
      `SEQUENCE:${sequence}`,
      ...(at.length === 10
        ? [`DTSTART;VALUE=DATE:${dayOf(at)}`, 'DURATION:P1D']
        : [`DTSTART:${momentOf(new Date(at))}`, 'DURATION:PT15M']),
      `SUMMARY:${escaped(summary)}`,
      `DESCRIPTION:${escaped(description)}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return `${lines.map(folded).join('\r\n')}\r\n`;
}
