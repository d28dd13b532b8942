import 'reflect-metadata';
import { Column, DataSource, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Events as an entity, written with `save`: what a team begins with. */
@Entity('events')
@Index(['stream', 'version'], { unique: true })
class StoredEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' }) position!: string;
  @Column('uuid') id!: string;
  @Column() stream!: string;
  @Column() version!: number;
  @Column() type!: string;
  @Column('jsonb') data!: Record<string, unknown>;
  @Column('jsonb') meta!: Record<string, unknown>;
  @Column({ name: 'recorded_at', type: 'timestamptz' }) recordedAt!: Date;
}

export interface EventToSave {
  id: string;
  stream: string;
  version: number;
  type: string;
  data: Record<string, unknown>;
  meta: Record<string, unknown>;
  recordedAt: Date;
}

export async function openTypeormEvents(url: string) {
  const source = new DataSource({ type: 'postgres', url, entities: [StoredEvent], synchronize: true });
  await source.initialize();
  const repository = source.getRepository(StoredEvent);
  return {
    /** One entity or an array of them; an array is one transaction. */
    save: async (events: EventToSave[]): Promise<void> => {
      const entities = repository.create(events);
      if (entities.length === 1) await repository.save(entities[0]!);
      else await repository.save(entities);
    },
    close: () => source.destroy(),
  };
}
