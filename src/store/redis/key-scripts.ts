/**
 * What Redis does with keys for clients, each as one step. `keys` is a hash of keys by id, `keys:names` one of ids by the
 * names of those that are not revoked, `keys:changed` a sorted set of ids by the version at which they changed last.
 * `keys:version` counts changes and begins with the time, so that what is written after everything was lost is newer than
 * whatever anybody has read before; `keys:removed` is the version at which a key was last forgotten.
 */
const LIBRARY = `
local function nextVersion()
  if redis.call('EXISTS', 'keys:version') == 0 then
    local time = redis.call('TIME')
    local start = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
    redis.call('SET', 'keys:version', start)
    redis.call('SET', 'keys:removed', start)
  end
  return redis.call('INCR', 'keys:version')
end
local function isTaken(id, name, isRevoked)
  if isRevoked == '1' then return false end
  local owner = redis.call('HGET', 'keys:names', name)
  return owner and owner ~= id
end
local function dropName(id, name)
  if redis.call('HGET', 'keys:names', name) == id then redis.call('HDEL', 'keys:names', name) end
end
local function put(id, name, isRevoked, text)
  redis.call('HSET', 'keys', id, text)
  if isRevoked ~= '1' then redis.call('HSET', 'keys:names', name, id) end
  redis.call('ZADD', 'keys:changed', string.format('%.0f', nextVersion()), id)
end
`

/** Each may run twice: what it has written tells the second run that there was a first. */
export const KEY_SCRIPTS = {
  /** id, name, is it revoked (0, 1), text. 1: added; 0: the name, or the id, is taken. */
  add: `${LIBRARY}
local id, name, isRevoked, text = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local present = redis.call('HGET', 'keys', id)
if present then return present == text and 1 or 0 end
if isTaken(id, name, isRevoked) then return 0 end
put(id, name, isRevoked, text)
return 1`,
  /** id, text before, name before, name, is it revoked, text. 1: changed; 0: missing; 2: taken; 3: it was another by then. */
  change: `${LIBRARY}
local id, before, oldName, name, isRevoked, text = unpack(ARGV)
local present = redis.call('HGET', 'keys', id)
if not present then return 0 end
if present == text then return 1 end
if present ~= before then return 3 end
if isTaken(id, name, isRevoked) then return 2 end
dropName(id, oldName)
put(id, name, isRevoked, text)
return 1`,
  /** id, name. 1: removed. */
  remove: `${LIBRARY}
local id, name = ARGV[1], ARGV[2]
if redis.call('HDEL', 'keys', id) == 0 then return 0 end
dropName(id, name)
redis.call('ZREM', 'keys:changed', id)
redis.call('SET', 'keys:removed', string.format('%.0f', nextVersion()))
return 1`,
  get: `return redis.call('HGET', 'keys', ARGV[1])`,
  named: `
local id = redis.call('HGET', 'keys:names', ARGV[1])
return id and redis.call('HGET', 'keys', id)`,
  /** The version that somebody knows, or nothing. Gives the version, whether it is everything, and texts. */
  changes: `
local since, version = tonumber(ARGV[1]), redis.call('GET', 'keys:version')
if not version then return {'0', 1, {}} end
local removed = tonumber(redis.call('GET', 'keys:removed') or version)
if not since or since < removed or since > tonumber(version) then
  return {version, 1, redis.call('HVALS', 'keys')}
end
local ids = redis.call('ZRANGEBYSCORE', 'keys:changed', '(' .. ARGV[1], '+inf')
if #ids == 0 then return {version, 0, {}} end
if #ids > 1000 then return {version, 1, redis.call('HVALS', 'keys')} end
return {version, 0, redis.call('HMGET', 'keys', unpack(ids))}`,
} as const
