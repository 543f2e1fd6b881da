export function weakContrasts(): string[];
export function overflowing(): string[];
