import type { ListedModel } from '../vendor.ts'
import { CREATED } from './write.ts'

/** The whole list: this vendor does not page it. */
export function writeModelList(models: readonly ListedModel[]): string {
  return JSON.stringify({ object: 'list', data: models.map(model) })
}

export function writeModel(listed: ListedModel): string {
  return JSON.stringify(model(listed))
}

function model(listed: ListedModel): object {
  return { id: listed.id, object: 'model', created: CREATED, owned_by: 'simulator' }
}
