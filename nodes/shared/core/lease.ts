/**
 * How long a lease whose holder gave no sign of life is remembered, in ms: whoever asks for the same answer within this
 * time learns that a call for it was begun and perhaps lost.
 */
export const LAPSED_LEASE_KEPT_MS = 86_400_000;
