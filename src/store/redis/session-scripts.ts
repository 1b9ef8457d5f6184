/**
 * What Redis does with sessions, each as one step that nothing else comes between. Tenants and ids come encoded, without
 * colons; times are Unix milliseconds, as texts, so that no digit gets lost in Lua's numbers.
 *
 * `session:<tenant>:<id>` is a hash, `session:<tenant>:<id>:turns` the list of its turns (`<messages> <bytes>`, a line feed,
 * the content); both expire by themselves. Beside them are sets of ids by time: of each tenant by last use, age and end,
 * of all by end; and one of tenants by how many sessions they have.
 */
const LIBRARY = `
local function keysOf(tenant, id)
  local name = tenant .. ':' .. id
  return {
    name = name, hash = 'session:' .. name, turns = 'session:' .. name .. ':turns',
    use = 'sessions:use:' .. tenant, age = 'sessions:age:' .. tenant, ends = 'sessions:ends:' .. tenant
  }
end
local function isLive(hash, now)
  local expires = redis.call('HGET', hash, 'expires')
  return expires and tonumber(expires) > tonumber(now)
end
local function isHeldByOthers(tenant, id, holder, now)
  local held = redis.call('HMGET', 'session-hold:' .. tenant .. ':' .. id, 'holder', 'until')
  return held[1] and held[1] ~= holder and tonumber(held[2]) > tonumber(now)
end
local function remove(tenant, id)
  local keys = keysOf(tenant, id)
  redis.call('DEL', keys.hash, keys.turns)
  redis.call('ZREM', keys.use, id)
  redis.call('ZREM', keys.age, id)
  redis.call('ZREM', keys.ends, id)
  if redis.call('ZREM', 'sessions:expiry', keys.name) == 1 then
    if tonumber(redis.call('ZINCRBY', 'sessions:tenants', -1, tenant)) <= 0 then
      redis.call('ZREM', 'sessions:tenants', tenant)
    end
  end
end
local function used(keys, id, now, expires)
  redis.call('HSET', keys.hash, 'lastUsed', now, 'expires', expires)
  redis.call('ZADD', keys.use, now, id)
  redis.call('ZADD', keys.ends, expires, id)
  redis.call('ZADD', 'sessions:expiry', expires, keys.name)
  redis.call('PEXPIREAT', keys.hash, expires)
  redis.call('PEXPIREAT', keys.turns, expires)
end
local function push(keys, turn)
  local messages, bytes = string.match(turn, '^(%d+) (%d+)\\n')
  redis.call('RPUSH', keys.turns, turn)
  redis.call('HINCRBY', keys.hash, 'messages', messages)
  redis.call('HINCRBY', keys.hash, 'bytes', bytes)
end
local function sweep(now, most)
  local over = redis.call('ZRANGEBYSCORE', 'sessions:expiry', '-inf', now, 'LIMIT', 0, most)
  for _, name in ipairs(over) do remove(string.match(name, '^(.-):(.*)$')) end
  return #over
end
local function evictDownTo(max)
  local evicted = 0
  while redis.call('ZCARD', 'sessions:expiry') > max do
    local most = redis.call('ZREVRANGE', 'sessions:tenants', 0, 0, 'WITHSCORES')[2]
    local chosen, id, oldest
    for _, tenant in ipairs(redis.call('ZRANGEBYSCORE', 'sessions:tenants', most, most)) do
      local first = redis.call('ZRANGE', 'sessions:use:' .. tenant, 0, 0, 'WITHSCORES')
      if not oldest or tonumber(first[2]) < oldest then
        chosen, id, oldest = tenant, first[1], tonumber(first[2])
      end
    end
    remove(chosen, id)
    evicted = evicted + 1
  end
  return evicted
end
`

/** tenant, id, now, expires, max, token, details, opening, turns... Gives -1 where there is one, else how many went. */
const CREATE = `
local tenant, id, now, expires, max, token = unpack(ARGV)
local keys = keysOf(tenant, id)
if isLive(keys.hash, now) then
  return redis.call('HGET', keys.hash, 'born') == token and tonumber(redis.call('HGET', keys.hash, 'evicted')) or -1
end
remove(tenant, id)
redis.call('HSET', keys.hash, 'created', now, 'version', 1, 'details', ARGV[7], 'opening', ARGV[8])
redis.call('HSET', keys.hash, 'messages', 0, 'bytes', 0, 'token', token, 'born', token, 'evicted', 0)
for at = 9, #ARGV do push(keys, ARGV[at]) end
redis.call('ZADD', keys.age, now, id)
redis.call('ZINCRBY', 'sessions:tenants', 1, tenant)
used(keys, id, now, expires)
if redis.call('ZCARD', 'sessions:expiry') > tonumber(max) then sweep(now, 100) end
local evicted = evictDownTo(tonumber(max))
if evicted > 0 then redis.call('HSET', keys.hash, 'evicted', evicted) end
return evicted
`

/** tenant, id, now, expires or nothing where it is no use, known token. Gives the fields; then, unless the token is known, the opening and the turns. */
const READ = `
local tenant, id, now, expires, known = unpack(ARGV)
local keys = keysOf(tenant, id)
if not isLive(keys.hash, now) then return false end
if expires ~= '' then used(keys, id, now, expires) end
local fields = redis.call('HMGET', keys.hash, 'created', 'lastUsed', 'expires', 'version', 'messages', 'bytes', 'details', 'token')
if fields[8] == known then return { fields } end
return { fields, redis.call('HGET', keys.hash, 'opening'), redis.call('LRANGE', keys.turns, 0, -1) }
`

/**
 * tenant, id, now, expires, version, token, drop, holder or nothing, then pairs: what changes, and to what. Gives 1, or 0 for
 * a conflict, 2 where somebody else holds it, -1 for none.
 */
const CHANGE = `
local tenant, id, now, expires, version, token, drop, holder = unpack(ARGV)
local keys = keysOf(tenant, id)
if not isLive(keys.hash, now) then return -1 end
if redis.call('HGET', keys.hash, 'token') == token then return 1 end
if holder ~= '' and isHeldByOthers(tenant, id, holder, now) then return 2 end
if redis.call('HGET', keys.hash, 'version') ~= version then return 0 end
redis.call('HINCRBY', keys.hash, 'version', 1)
redis.call('HSET', keys.hash, 'token', token)
for _ = 1, tonumber(drop) do
  local turn = redis.call('LPOP', keys.turns)
  if not turn then break end
  local messages, bytes = string.match(turn, '^(%d+) (%d+)\\n')
  redis.call('HINCRBY', keys.hash, 'messages', -messages)
  redis.call('HINCRBY', keys.hash, 'bytes', -bytes)
end
for at = 9, #ARGV, 2 do
  if ARGV[at] == 'turn' then push(keys, ARGV[at + 1])
  else redis.call('HSET', keys.hash, ARGV[at], ARGV[at + 1]) end
end
used(keys, id, now, expires)
return 1
`

/** tenant, id, now. Gives 1, or 0 where there was none. */
const DELETE = `
local tenant, id, now = unpack(ARGV)
local was = isLive(keysOf(tenant, id).hash, now) and 1 or 0
remove(tenant, id)
return was
`

/** tenant, now, limit, created, id: those behind that one. Gives how many live in all, then id and fields of each. */
const LIST = `
local tenant, now, limit, created, after = unpack(ARGV)
local found = { redis.call('ZCOUNT', 'sessions:ends:' .. tenant, '(' .. now, '+inf') }
local at = 0
while #found <= tonumber(limit) do
  local ids = redis.call('ZREVRANGEBYSCORE', 'sessions:age:' .. tenant, created, '-inf', 'WITHSCORES', 'LIMIT', at, 100)
  if #ids == 0 then break end
  for place = 1, #ids, 2 do
    local id = ids[place]
    local hash = keysOf(tenant, id).hash
    local isBehind = tonumber(ids[place + 1]) < tonumber(created) or id < after
    if isBehind and #found <= tonumber(limit) and isLive(hash, now) then
      local fields = { 'created', 'lastUsed', 'expires', 'version', 'messages', 'bytes', 'details' }
      found[#found + 1] = { id, redis.call('HMGET', hash, unpack(fields)) }
    end
  end
  at = at + 100
end
return found
`

/** now, limit, expires, name: those behind that one. Gives tenant, id and fields of each. */
const LIST_ALL = `
local now, limit, expires, after = unpack(ARGV)
local found, at = {}, 0
while #found < tonumber(limit) do
  local names = redis.call('ZREVRANGEBYSCORE', 'sessions:expiry', expires, '(' .. now, 'WITHSCORES', 'LIMIT', at, 100)
  if #names == 0 then break end
  for place = 1, #names, 2 do
    local name = names[place]
    local isBehind = tonumber(names[place + 1]) < tonumber(expires) or name < after
    if isBehind and #found < tonumber(limit) and isLive('session:' .. name, now) then
      local fields = { 'created', 'lastUsed', 'expires', 'version', 'messages', 'bytes', 'details' }
      local tenant, id = string.match(name, '^(.-):(.*)$')
      found[#found + 1] = { tenant, id, redis.call('HMGET', 'session:' .. name, unpack(fields)) }
    end
  end
  at = at + 100
end
return found
`

/** tenant, now. Gives total, active, messages of those, and when the oldest was made, or 0. */
const COUNT = `
local tenant, now = unpack(ARGV)
local active, messages, oldest = 0, 0, nil
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'sessions:ends:' .. tenant, '(' .. now, '+inf')) do
  local fields = redis.call('HMGET', keysOf(tenant, id).hash, 'messages', 'created')
  if fields[1] then
    active = active + 1
    messages = messages + tonumber(fields[1])
    if not oldest or tonumber(fields[2]) < oldest then oldest = tonumber(fields[2]) end
  end
end
return { redis.call('ZCARD', 'sessions:ends:' .. tenant), active, messages, oldest or 0 }
`

/** now. Gives total and active. */
const TOTALS = `
return { redis.call('ZCARD', 'sessions:expiry'), redis.call('ZCOUNT', 'sessions:expiry', '(' .. ARGV[1], '+inf') }
`

/** tenant, id, holder, now, until. Gives 1 where it is held from now on, else 0. */
const HOLD = `
local tenant, id, holder, now, ends = unpack(ARGV)
local key = 'session-hold:' .. tenant .. ':' .. id
if isHeldByOthers(tenant, id, holder, now) then return 0 end
redis.call('HSET', key, 'holder', holder, 'until', ends)
redis.call('PEXPIREAT', key, ends)
return 1
`

/** tenant, id, holder. */
const RELEASE = `
local tenant, id, holder = unpack(ARGV)
local key = 'session-hold:' .. tenant .. ':' .. id
if redis.call('HGET', key, 'holder') == holder then redis.call('DEL', key) end
return 1
`

export const SESSION_SCRIPTS = {
  create: LIBRARY + CREATE,
  read: LIBRARY + READ,
  change: LIBRARY + CHANGE,
  delete: LIBRARY + DELETE,
  list: LIBRARY + LIST,
  listAll: LIBRARY + LIST_ALL,
  count: LIBRARY + COUNT,
  totals: TOTALS,
  hold: LIBRARY + HOLD,
  release: RELEASE,
  /** now, how many at most. Gives how many went. */
  sweep: `${LIBRARY}return sweep(ARGV[1], ARGV[2])`,
  /** How many are to go. Gives how many did. */
  evict: `${LIBRARY}return evictDownTo(math.max(0, redis.call('ZCARD', 'sessions:expiry') - tonumber(ARGV[1])))`,
} as const
