export { EVALUATION_ACCOUNTS, evaluationSecret } from './accounts/evaluation-accounts.js';
export type { EvaluationAccount } from './accounts/evaluation-accounts.js';
export { issuerOf, MOUNT } from './context.js';
export { IdentityModule } from './identity.module.js';
export { identityService } from './identity.service-definition.js';
