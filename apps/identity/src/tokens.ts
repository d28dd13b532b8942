/** The OpenID Connect provider. */
export const OIDC_PROVIDER = Symbol('oidc provider');

/** Accounts of people. */
export const PEOPLE = Symbol('accounts of people');

/** Accounts of machine clients. */
export const MACHINES = Symbol('accounts of machines');

/** Key of the tickets between password and second factor. */
export const TICKET_KEY = Symbol('ticket key');

/** Key of the records that the protocol keeps. */
export const RECORD_KEY = Symbol('record key');
