/** One fault of a malformed request. `field` is a path such as `offence.article`; `` is the request itself. */
export interface Fault {
  field: string;
  /** Which check failed, for example `isInt`, `unknownField`. */
  constraint: string;
  vi: string;
  en: string;
}

/** Words of a problem in both languages. */
export interface Words {
  vi: string;
  en: string;
}

/**
 * A request that the HTTP face itself turns away. Matched by `code` and `status`, never by class:
 * a second copy of this package would have other classes.
 */
export class HttpProblem extends Error {
  readonly facts: Record<string, unknown>;
  readonly vi: string;
  readonly en: string;
  /** Seconds after which asking again makes sense (`Retry-After`). */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    readonly code: string,
    words: Words,
    facts: Record<string, unknown> = {},
    retryAfterSeconds?: number,
  ) {
    super(`${code}: ${words.en}`);
    this.name = 'HttpProblem';
    this.facts = facts;
    this.vi = words.vi;
    this.en = words.en;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** 400: the request cannot be understood; carries every fault found, not the first one. */
export class Malformed extends HttpProblem {
  constructor(readonly faults: Fault[]) {
    super(400, 'Malformed', {
      vi: faults.length === 1 ? faults[0]!.vi : `Yêu cầu có ${faults.length} lỗi, xem từng trường.`,
      en: faults.length === 1 ? faults[0]!.en : `The request has ${faults.length} faults, see each field.`,
    });
    this.name = 'Malformed';
  }
}

/** 401: no token, or one that cannot be accepted. */
export class Unauthenticated extends HttpProblem {
  constructor(code: 'TokenMissing' | 'TokenInvalid' | 'TokenExpired' | 'SessionEnded') {
    const words: Record<typeof code, Words> = {
      TokenMissing: { vi: 'Cần đăng nhập.', en: 'Sign-in is required.' },
      TokenInvalid: { vi: 'Phiên đăng nhập không hợp lệ.', en: 'The access token is not valid.' },
      TokenExpired: { vi: 'Phiên đăng nhập đã hết hạn.', en: 'The access token has expired.' },
      SessionEnded: {
        vi: 'Phiên làm việc đã kết thúc, hoặc quyền của tài khoản đã đổi.',
        en: 'The session has ended, or the rights of the account have changed.',
      },
    };
    super(401, code, words[code]);
    this.name = 'Unauthenticated';
  }
}

/** 403: the caller is known and may not do this. `rightHolders` names the roles or units that may. */
export class Forbidden extends HttpProblem {
  constructor(code: string, words: Words, facts: { verb?: string; rightHolders?: string[]; [fact: string]: unknown }) {
    super(403, code, words, facts);
    this.name = 'Forbidden';
  }
}

/** 404: it is not there, or not for this caller to know that it is. */
export class NotFound extends HttpProblem {
  /**
   * @param what the noun, for example `CrimeTip`
   * @param id what was asked for
   */
  constructor(what: string, id: string) {
    super(404, 'NotFound', { vi: 'Không tìm thấy.', en: 'Not found.' }, { what, id });
    this.name = 'NotFound';
  }
}

/** 412: `If-Match` names another version than the one stored. */
export class VersionMismatch extends HttpProblem {
  constructor(expected: number, actual: number) {
    super(
      412,
      'VersionMismatch',
      {
        vi: 'Hồ sơ đã được người khác thay đổi sau khi anh/chị mở. Hãy tải lại rồi làm tiếp.',
        en: 'Somebody changed this after you opened it. Reload, then go on.',
      },
      { expected, actual },
    );
    this.name = 'VersionMismatch';
  }
}

/** 503: something this service needs is away for now. */
export class Unavailable extends HttpProblem {
  constructor(what: string, retryAfterSeconds = 2) {
    super(
      503,
      'Unavailable',
      {
        vi: 'Hệ thống tạm thời bận. Hãy thử lại sau ít giây.',
        en: 'Temporarily unavailable. Try again in a few seconds.',
      },
      { what },
      retryAfterSeconds,
    );
    this.name = 'Unavailable';
  }
}
