import { type DynamicModule, Module } from '@nestjs/common';
import { OperationsController } from './operations.controller.js';
import { Operations } from './operations.js';

/** Routes of the machine room, for the services of this process. */
@Module({})
export class OperationsModule {
  static forRoot(operations: Operations): DynamicModule {
    return {
      module: OperationsModule,
      controllers: [OperationsController],
      providers: [{ provide: Operations, useValue: operations }],
    };
  }
}
