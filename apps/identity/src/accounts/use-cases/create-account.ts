import { HttpProblem } from '@app/http';
import { Permit, type Role, ROLES } from '@app/security';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsString, Matches, MaxLength, MinLength } from 'class-validator';
import { IDENTITY_CONTEXT, type IdentityContext } from '../../context.js';
import { PEOPLE } from '../../tokens.js';
import type { Accounts } from '../accounts.js';

export class CreateAccountBody {
  @Matches(/^[a-z0-9][a-z0-9._-]{1,39}$/, {
    message:
      'id gồm 2 đến 40 chữ thường không dấu, số, dấu chấm, gạch | id has 2 to 40 small letters, digits, dots or hyphens',
  })
  id!: string;

  @IsString()
  @MinLength(1)
  @MaxLength(120)
  name!: string;

  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  roles!: Role[];

  @IsArray()
  @ArrayUnique()
  @Matches(/^(\*|[A-Z0-9-]{1,40})$/, {
    each: true,
    message: 'units gồm mã đơn vị hoặc * | units holds unit codes or *',
  })
  units!: string[];

  @IsString()
  @MinLength(12)
  @MaxLength(200)
  password!: string;
}

@Controller('api/accounts')
export class CreateAccountEndpoint {
  constructor(
    @Inject(PEOPLE) private readonly people: Accounts,
    @Inject(IDENTITY_CONTEXT) private readonly context: IdentityContext,
  ) {}

  @Permit({ verb: 'account.create', roles: ['operator'], scope: 'all' })
  @Post()
  async create(@Body() { id, name, roles, units, password }: CreateAccountBody): Promise<{ id: string }> {
    const account = { id, name, roles, units, secret: password, evaluation: false };
    if (!(await this.people.createIfAbsent(account, this.context.clock.now()))) {
      throw new HttpProblem(
        409,
        'AccountExists',
        { vi: 'Đã có tài khoản với tên đăng nhập này.', en: 'An account with this id exists.' },
        { id },
      );
    }
    return { id };
  }
}
