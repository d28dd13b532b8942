import 'reflect-metadata';
import { runService } from '@app/service';
import { intakeService } from './intake.service-definition.js';

await runService(intakeService);
