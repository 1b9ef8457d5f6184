import type { ComponentChildren, JSX } from 'preact'

export interface Column<T> {
  readonly head: string
  readonly cell: (row: T) => ComponentChildren
  /** Numbers stand at the right. */
  readonly kind?: 'number' | 'text'
}

interface DataTableProps<T> {
  /** Told to those who do not see where it stands. */
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly toneOf?: (row: T) => 'bad' | null
  /** Something happens when a row is clicked; its cells have a button for the keyboard. */
  readonly onOpen?: (row: T) => void
}

/** Wider than its place, it scrolls inside of it, by keyboard too. */
export function DataTable<T>(props: DataTableProps<T>): JSX.Element {
  const { caption, columns, rows, keyOf, toneOf, onOpen } = props
  return (
    <div class="table-scroll" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, kind }) => (
              <th key={head} scope="col" class={kind}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              class={classOf(toneOf?.(row) ?? null, onOpen !== undefined)}
              {...(onOpen !== undefined && { onClick: () => onOpen(row) })}
            >
              {columns.map(({ head, cell, kind }) => (
                <td key={head} class={kind}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf(tone: 'bad' | null, opens: boolean): string {
  return `${tone === null ? '' : `row-${tone}`}${opens ? ' row-opens' : ''}`.trim()
}
