/** Where the published package has the JSON Schema of the config file: what `$schema` in a file names. */
export const SCHEMA_URL = 'https://unpkg.com/universal-claude-router/schema/ucr.config.schema.json'
