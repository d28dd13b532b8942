/** Services: each an app that no other service imports; they meet by events only. */
const SERVICES = ['intake', 'prosecution', 'deadlines', 'statistics', 'identity'];
/** Apps that put services together or stand in front of them. */
const HOSTS = ['standalone', 'cli'];
/** The browser application: its own world, which meets the server over HTTP only. */
const BROWSER = ['web'];

/** A library may import the libraries named here, and no other. Listed from the ground up. */
const LIBRARIES = {
  'legal-time-limits': [],
  contracts: [],
  'event-store': [],
  http: [],
  observability: ['http', 'event-store'],
  domain: ['legal-time-limits', 'contracts'],
  messaging: ['contracts', 'event-store', 'observability'],
  'law-book': ['legal-time-limits', 'contracts', 'event-store', 'messaging', 'observability'],
  security: ['contracts', 'event-store', 'http', 'messaging', 'observability'],
  service: ['contracts', 'event-store', 'http', 'messaging', 'observability', 'security'],
};

/** Tests and their helpers may reach further than the code they test. */
const TESTS = '(\\.(spec|suite)\\.tsx?$|/testing/|^test/)';

module.exports = { SERVICES, HOSTS, BROWSER, LIBRARIES, TESTS };
