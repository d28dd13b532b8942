import 'reflect-metadata';
import { runService } from '@app/service';
import { identityService } from './identity.service-definition.js';

await runService(identityService);
