import { randomUUID } from 'node:crypto'

/** 128 random bits that are safe in every protocol's ids. */
export function newId(): string {
  return randomUUID().replaceAll('-', '')
}
