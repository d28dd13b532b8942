import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { CurrentCaller, idOf, Forbidden } from '@app/http';
import type { Caller } from '@app/http';
import { Permit } from '@app/security';
import { IsString, Length } from 'class-validator';
import { TipDetails } from '../crime-tips/read-models/tip-details.js';
import { UnitRegister } from '../units/unit-register.js';
import { InformantVault } from './informant-vault.js';

export class RevealInformantBody {
  @IsString() @Length(5, 1000) reason!: string;
}

export class RevealInformant {
  constructor(
    readonly tipId: string,
    readonly body: RevealInformantBody,
    readonly caller: Caller,
  ) {}
}

@Controller('api/tips')
export class RevealInformantEndpoint {
  constructor(private readonly commands: CommandBus) {}

  /** The only answer that ever carries an informant's identity. */
  @Post(':id/informant/reveal')
  @HttpCode(200)
  @Permit({ verb: 'informant.reveal', roles: ['intake_officer', 'investigator', 'custodian'], scope: 'unit' })
  reveal(
    @Param('id') id: string,
    @Body() body: RevealInformantBody,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.commands.execute(new RevealInformant(idOf(id), body, caller));
  }
}

@CommandHandler(RevealInformant)
export class RevealInformantHandler implements ICommandHandler<RevealInformant> {
  constructor(
    private readonly details: TipDetails,
    private readonly vault: InformantVault,
    private readonly units: UnitRegister,
  ) {}

  /** The receiving desk and the assigned investigator may; everybody else goes through the custodian. */
  async execute({ tipId, body, caller }: RevealInformant): Promise<Record<string, unknown>> {
    const row = await this.details.rowOf(tipId, caller);
    const units = await this.units.current();
    const isDesk = caller.roles.includes('intake_officer') && units.isWithin(row.received_by, caller.units);
    const isAssigned = caller.roles.includes('investigator') && row.investigator === caller.id;
    if (!isDesk && !isAssigned && !caller.roles.includes('custodian')) {
      throw new Forbidden(
        'InformantProtected',
        {
          vi: 'Chỉ nơi tiếp nhận và Điều tra viên được phân công xem được; người khác đề nghị qua người giữ hồ sơ người báo tin.',
          en: 'Only the receiving desk and the assigned investigator may; others ask the custodian of informants.',
        },
        { verb: 'informant.reveal', rightHolders: ['intake_officer', 'investigator', 'custodian'] },
      );
    }
    const informant = await this.vault.reveal(tipId, body.reason, caller);
    return { tipId, informant };
  }
}
