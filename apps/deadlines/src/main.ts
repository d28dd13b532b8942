import 'reflect-metadata';
import { runService } from '@app/service';
import { deadlinesService } from './deadlines.service-definition.js';

await runService(deadlinesService);
