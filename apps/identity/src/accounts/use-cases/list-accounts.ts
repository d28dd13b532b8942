import { type ListAnswer, listAnswer, PageQuery, parsePage } from '@app/http';
import { Permit } from '@app/security';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { MACHINES, PEOPLE } from '../../tokens.js';
import type { Accounts } from '../accounts.js';

const KINDS = ['people', 'machines'] as const;

export class AccountsQuery extends PageQuery {
  @IsOptional()
  @IsIn(KINDS)
  kind?: (typeof KINDS)[number];
}

export interface AccountRow {
  id: string;
  kind: (typeof KINDS)[number];
  name: string;
  roles: string[];
  units: string[];
  evaluation: boolean;
  createdAt: string;
}

/** The accounts, for the operator: never a password or its hash. */
@Controller('api/accounts')
export class ListAccountsEndpoint {
  constructor(
    @Inject(PEOPLE) private readonly people: Accounts,
    @Inject(MACHINES) private readonly machines: Accounts,
  ) {}

  @Permit({ verb: 'account.read', roles: ['operator'], scope: 'all' })
  @Get()
  async list(@Query() query: AccountsQuery): Promise<ListAnswer<AccountRow>> {
    const page = parsePage(query);
    const kind = query.kind ?? 'people';
    const after = page.after?.[0];
    const accounts = kind === 'people' ? this.people : this.machines;
    const rows = await accounts.list(page.limit + 1, after === undefined ? undefined : String(after));
    return listAnswer(
      rows.map(({ id, name, roles, units, evaluation, createdAt }) => ({
        id,
        kind,
        name,
        roles,
        units,
        evaluation,
        createdAt: createdAt.toISOString(),
      })),
      page,
      ({ id }) => [id],
    );
  }
}
