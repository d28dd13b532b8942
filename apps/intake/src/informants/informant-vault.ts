import { Inject, Injectable } from '@nestjs/common';
import { asSystem, contentPlace, KeyErased, recordAccess, revealInformant, TipKeyring } from '@app/security';
import type { Informant } from '@app/security';
import type { Caller } from '@app/http';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT } from '../context.js';
import { VaultWriter } from './vault-writer.js';

/** Token of the keyring that wraps tip keys with the installation's master key. */
export const TIP_KEYRING = 'TIP_KEYRING';

/** What the vault keeps of one tip beside its key. */
export interface Confidential {
  informant?: Informant;
  /** Why the informant refused identity, when they did. */
  refusedReason?: string;
}

/** The one door to tip keys, sealed text and informants. */
@Injectable()
export class InformantVault {
  private readonly writer: VaultWriter;

  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    @Inject(TIP_KEYRING) private readonly keyring: TipKeyring,
  ) {
    this.writer = new VaultWriter(context, keyring);
  }

  /**
   * Makes the tip's key, keeps who told sealed, and answers the text sealed for the event. The text is also answered
   * to the caller who brought it: that look is recorded with it.
   */
  async keep(
    tipId: string,
    content: string,
    { informant, refusedReason }: Confidential,
    caller: Caller,
  ): Promise<string> {
    const key = this.keyring.newKey();
    const isTold = informant !== undefined || refusedReason !== undefined;
    await this.writer.keep({
      tipId,
      key,
      ...(isTold ? { informant: { ...informant, ...(refusedReason === undefined ? {} : { refusedReason }) } } : {}),
      reader: caller,
      at: this.context.clock.now(),
    });
    return this.keyring.sealText(key, content, contentPlace(tipId));
  }

  /** Erases a key that no event uses, and the informant with it. */
  async forget(tipId: string): Promise<void> {
    await asSystem(this.context.pool, (tx) => this.keyring.eraseKey(tx, tipId, this.context.clock.now()));
  }

  /** The tip's text, for a caller who may read it; the look is recorded. Null when the key is erased. */
  async read(tipId: string, sealed: string, caller: Caller): Promise<string | null> {
    return asSystem(this.context.pool, async (tx) => {
      await recordAccess(tx, caller, { at: this.context.clock.now(), tipId, what: 'content.read', reason: null });
      try {
        return this.keyring.openText(await this.keyring.keyOf(tx, tipId), sealed, contentPlace(tipId));
      } catch (error) {
        if (error instanceof KeyErased) return null;
        throw error;
      }
    });
  }

  /** Who told; recorded with the reason before it is answered. Null when nothing was told. */
  async reveal(tipId: string, reason: string, caller: Caller): Promise<Informant | null> {
    return asSystem(this.context.pool, (tx) =>
      revealInformant(tx, this.keyring, caller, { tipId, reason, at: this.context.clock.now() }),
    );
  }
}
