/** A provider's settings cannot work. Shown to whoever wrote the config; holds no secrets. */
export class ProviderSettingsError extends Error {
  /** Which setting: `baseUrl`, `apiKey`, `headers.x-team`. */
  readonly field: string
  /** What to write instead, one sentence. */
  readonly fix: string

  constructor(field: string, message: string, fix: string) {
    super(message)
    this.name = 'ProviderSettingsError'
    this.field = field
    this.fix = fix
  }
}
