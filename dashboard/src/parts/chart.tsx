import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import UPlot from 'uplot'
import { usePage } from '../data/page.ts'
import { formatExactClock } from '../text/time-format.ts'
import { chartOptions } from './chart-options.ts'
import type { ChartLine } from './chart-options.ts'

interface ChartProps {
  readonly title: string
  /** Unix milliseconds, the oldest first. */
  readonly times: readonly number[]
  readonly lines: readonly ChartLine[]
  readonly format: (value: number) => string
  /** There is nothing between two whole numbers. */
  readonly whole: boolean
}

/** Lines over time. The legend has the values under the pointer, or under the cursor that the arrow keys move, else the last. */
export function Chart({ title, times, lines, format, whole }: ChartProps): JSX.Element {
  const [cursor, setCursor] = useState<number | null>(null)
  const at = cursor !== null && cursor < times.length ? cursor : times.length - 1
  const host = useChart({ times, lines, format, whole, onCursor: setCursor })
  const time = times[at]
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="chart-time">{time === undefined ? '' : formatExactClock(time)}</span>
      </figcaption>
      <ul class="legend">
        {lines.map(({ label, colour, dash, values }) => (
          <li key={label}>
            <svg class={`swatch swatch-${colour}`} viewBox="0 0 20 4" aria-hidden="true">
              <path d="M1 2h18" {...(dash !== undefined && { 'stroke-dasharray': dash.join(' ') })} />
            </svg>
            {label} <strong>{valueText(values[at], format)}</strong>
          </li>
        ))}
      </ul>
      <div class="chart-canvas" ref={host.element} role="img" aria-label={`Chart: ${title}`} />
      {times.length === 0 && <p class="chart-empty">The first figures come within ten seconds</p>}
      {times.length > 1 && (
        <input
          class="chart-reader"
          type="range"
          min={0}
          max={times.length - 1}
          value={at}
          aria-label={`${title}: time`}
          aria-valuetext={spoken(time, lines, at, format)}
          onInput={({ currentTarget }) => host.point(Number(currentTarget.value))}
          onBlur={() => host.point(null)}
        />
      )}
    </figure>
  )
}

interface ChartHandle {
  readonly element: { current: HTMLDivElement | null }
  /** Puts the cursor on a point, or takes it away. */
  readonly point: (index: number | null) => void
}

interface ChartUse extends Omit<ChartProps, 'title'> {
  readonly onCursor: (index: number | null) => void
}

function useChart({ times, lines, format, whole, onCursor }: ChartUse): ChartHandle {
  const element = useRef<HTMLDivElement>(null)
  const chart = useRef<UPlot | null>(null)
  const dark = usePage().theme.dark.value
  const data: UPlot.AlignedData = [times.map((time) => time / 1000), ...lines.map(({ values }) => [...values])]
  const isEmpty = times.length === 0

  useEffect(() => {
    const host = element.current
    if (host === null || isEmpty) return undefined
    const drawn = new UPlot(chartOptions(host, { lines, format, whole, onCursor }), data, host)
    chart.current = drawn
    const resized = new ResizeObserver(() => drawn.setSize({ width: host.clientWidth, height: host.clientHeight }))
    resized.observe(host)
    return () => {
      resized.disconnect()
      drawn.destroy()
      chart.current = null
    }
  }, [dark, isEmpty])

  useEffect(() => chart.current?.setData(data), [times])

  const point = (index: number | null): void => {
    const drawn = chart.current
    const time = index === null ? undefined : data[0][index]
    if (drawn === null) return
    drawn.setCursor({ left: time === undefined ? -10 : drawn.valToPos(time, 'x'), top: 0 })
  }
  return { element, point }
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}

function spoken(
  time: number | undefined,
  lines: readonly ChartLine[],
  at: number,
  format: (value: number) => string,
): string {
  const values = lines.map(({ label, values: all }) => `${label} ${valueText(all[at], format)}`)
  return [time === undefined ? '' : formatExactClock(time), ...values].join(', ')
}
