import 'reflect-metadata';
import { runService } from '@app/service';
import { prosecutionService } from './prosecution.service-definition.js';

await runService(prosecutionService);
