import type { Answer, SystemClient } from './system.js';

/** Units of the journeys: a province with two communes and its procuracies. */
export const UNITS_CSV = `code,parent_code,kind,level,name_vi,name_en,commune_code,remote,from,to
PC,,police,nation,Bộ Công an,Ministry of Public Security,,no,2018-01-01,
PC-80,PC,police,province,Công an tỉnh Tây Ninh,Tây Ninh provincial police,,no,2018-01-01,
PC-80-25459,PC-80,police,commune,Công an phường Tân Ninh,Tân Ninh ward police,25459,no,2018-01-01,
PC-80-25486,PC-80,police,commune,Công an xã Tân Biên,Tân Biên commune police,25486,yes,2018-01-01,
PC-79,PC,police,province,Công an Thành phố Hồ Chí Minh,Hồ Chí Minh City police,,no,2018-01-01,
VKS,,procuracy,nation,Viện kiểm sát nhân dân tối cao,Supreme People's Procuracy,,no,2018-01-01,
VKS-80,VKS,procuracy,province,Viện kiểm sát nhân dân tỉnh Tây Ninh,Tây Ninh provincial procuracy,,no,2018-01-01,
VKS-79,VKS,procuracy,province,Viện kiểm sát nhân dân Thành phố Hồ Chí Minh,Hồ Chí Minh City procuracy,,no,2018-01-01,
`;

/** A moment some hours before now, as a desk would write it. */
export function hoursAgo(hours: number, now = Date.now()): string {
  return `${new Date(now - hours * 3_600_000 + 7 * 3_600_000).toISOString().slice(0, 19)}+07:00`;
}

/** A written decision signed on the day of a moment. */
export function decisionOn(moment: string, number = 'QĐ-1'): { number: string; signedOn: string; signer: string } {
  return { number, signedOn: moment.slice(0, 10), signer: 'Trần Văn Thủ' };
}

/** Asks until an answer fits, for reads that follow events of another service; fails after `limitMs`. */
export async function eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean, limitMs = 10_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > end) throw new Error(`no fitting answer in ${limitMs} ms; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Imports register files as the operator does and waits for the end. */
export async function importFiles(system: SystemClient, files: Record<string, string>): Promise<Answer['body']> {
  const form = new FormData();
  for (const [name, text] of Object.entries(files)) form.append('file', new Blob([text], { type: 'text/csv' }), name);
  const answer = await fetch(new URL('/api/imports', system.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${await system.token('operator')}` },
    body: form,
  });
  const queued = (await answer.json()) as { id?: string };
  if (answer.status !== 202) throw new Error(`import was not taken: ${answer.status} ${JSON.stringify(queued)}`);
  const done = await eventually(
    () => system.call('operator', 'GET', `/api/imports/${queued.id}`),
    ({ body }) => body.state === 'done' || body.state === 'failed',
    60_000,
  );
  return done.body;
}

/** A tip as the commune desk of PC-80-25459 sends it. */
export function tipBody(receivedAt: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'denunciation',
    channel: 'counter',
    receivedAt,
    content: 'Mất xe máy tại chợ Long Hoa, nghi đối tượng tên Tèo',
    unitCode: 'PC-80-25459',
    communeCode: '25459',
    ...more,
  };
}
