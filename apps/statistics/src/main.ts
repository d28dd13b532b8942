import 'reflect-metadata';
import { runService } from '@app/service';
import { statisticsService } from './statistics.service-definition.js';

await runService(statisticsService);
