interface Placed {
  unit_code: string;
  supervised_by: string;
  received_by?: string;
  received_supervised_by?: string;
  accepted_unit?: string | null;
  accepted_supervised_by?: string | null;
  earlier_responsible?: readonly { unit: string; supervisedBy: string }[] | null;
  earlier_acceptances?: readonly { unit: string; supervisedBy: string }[] | null;
}

/** Every unit whose figures the changes may move, before and after: also of those that a tip has left. */
export function unitsOf(changes: readonly { before: Placed | undefined; after: Placed | undefined }[]): string[] {
  const units = new Set<string>();
  for (const { before, after } of changes) {
    for (const row of [before, after]) {
      if (!row) continue;
      const past = [...(row.earlier_responsible ?? []), ...(row.earlier_acceptances ?? [])];
      for (const unit of [
        row.unit_code,
        row.supervised_by,
        row.received_by,
        row.received_supervised_by,
        row.accepted_unit,
        row.accepted_supervised_by,
        ...past.flatMap(({ unit, supervisedBy }) => [unit, supervisedBy]),
      ]) {
        if (unit) units.add(unit);
      }
    }
  }
  return [...units];
}
