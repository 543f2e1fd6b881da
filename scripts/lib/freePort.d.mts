export function freePort(...wishes: Array<number | undefined>): Promise<number>;
