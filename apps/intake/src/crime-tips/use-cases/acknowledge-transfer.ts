import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { ActBody, ActOf } from '@app/http';
import { Permit } from '@app/security';
import { acknowledgeTransfer } from '@app/domain';
import type { CrimeTip } from '@app/domain';
import { requireUnit } from '../../units/unit-register.js';
import { CrimeTipStreams } from '../crime-tip-streams.js';
import type { TipActRequest, TipAnswer } from '../tip-act.js';

/** The receiver confirms a transfer and is responsible from now on. */
export class AcknowledgeTransferBody extends ActBody {}

export class AcknowledgeTransfer {
  constructor(
    readonly request: TipActRequest,
    readonly body: AcknowledgeTransferBody,
  ) {}
}

@Controller('api/tips')
export class AcknowledgeTransferEndpoint {
  constructor(private readonly commands: CommandBus) {}

  @Post(':id/acknowledge-transfer')
  @HttpCode(200)
  @Permit({ verb: 'tip.acknowledge', roles: ['intake_officer', 'investigator'], scope: 'unit' })
  handle(@ActOf() request: TipActRequest, @Body() body: AcknowledgeTransferBody): Promise<TipAnswer> {
    return this.commands.execute(new AcknowledgeTransfer(request, body));
  }
}

@CommandHandler(AcknowledgeTransfer)
export class AcknowledgeTransferHandler implements ICommandHandler<AcknowledgeTransfer> {
  constructor(private readonly tips: CrimeTipStreams) {}

  execute({ request, body }: AcknowledgeTransfer): Promise<TipAnswer> {
    return this.tips.change({ ...request, actingUnit: onItsWayTo }, body.happenedAt, (tip, now, units) => {
      const receiver = requireUnit(units, onItsWayTo(tip), 'toUnit');
      return acknowledgeTransfer(tip, {
        ...body,
        now,
        unitLevel: receiver.level,
        unitRemote: receiver.remote,
        supervisedBy: units.supervisorOf(receiver.code),
      });
    });
  }
}

/** The unit that a transfer is on its way to; the unit responsible when none is. */
function onItsWayTo(tip: CrimeTip): string {
  if (tip.status === 'unknown') return '';
  return tip.transfer?.acknowledgedAt === null ? tip.transfer.toUnit : tip.unitCode;
}
