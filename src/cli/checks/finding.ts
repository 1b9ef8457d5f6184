/** One thing that `ucr doctor` looked at. */
export interface Finding {
  readonly check: 'node' | 'config' | 'files' | 'ports' | 'providers' | 'keys' | 'limits' | 'claude'
  /** A warning is odd, an error keeps something from working. */
  readonly status: 'ok' | 'warning' | 'error'
  /** One line for people; no secrets. */
  readonly message: string
  /** What to do, one line. */
  readonly fix: string | null
}
