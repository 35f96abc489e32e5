export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);
