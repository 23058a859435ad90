/**
 * What the Redis server does for the store, in its own language: each script is one atomic step. All of them may be done twice with the same
 * result, so that whoever does not know whether one was done, because the line broke, sends it again.
 *
 * KEYS are the same for all: first `meta`, then `lease`, then the hashes of rows and bytes.
 */

/** Format 1 is read as it is (tree.ts has what was different then). ARGV: format, token, who asks, milliseconds of the lease, token of an owner known to be dead or "", whether to create. */
export const take = `
  local format = redis.call('HGET', KEYS[1], 'format')
  if not format and ARGV[6] == '0' then return {'nothing'} end
  if format and format ~= ARGV[1] and format ~= '1' then return {'format', format} end
  local holder = redis.call('GET', KEYS[2])
  if holder and holder ~= ARGV[2] and holder ~= ARGV[5] then
    return {'held', holder, redis.call('HGET', KEYS[1], 'owner'), redis.call('PTTL', KEYS[2])}
  end
  if redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
    redis.call('HINCRBY', KEYS[1], 'term', 1)
    redis.call('HSET', KEYS[1], 'format', ARGV[1], 'token', ARGV[2], 'owner', ARGV[3], 'sequence', 0)
  end
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[4])
  return {'taken', redis.call('HGET', KEYS[1], 'term')}`;

/**
 * ARGV: token, number of the group, then triples: place of the hash in KEYS, field, value; or the place negative, field, "" to delete.
 */
export const write = `
  local meta = redis.call('HMGET', KEYS[1], 'token', 'sequence')
  if not meta[1] then return 'gone' end
  if meta[1] ~= ARGV[1] then return 'fenced' end
  local last, number = tonumber(meta[2]), tonumber(ARGV[2])
  if number > last + 1 or number < last then return 'lost' end
  if number > last then
    for i = 3, #ARGV, 3 do
      local place = tonumber(ARGV[i])
      if place > 0 then redis.call('HSET', KEYS[place], ARGV[i + 1], ARGV[i + 2])
      else redis.call('HDEL', KEYS[-place], ARGV[i + 1]) end
    end
    redis.call('HSET', KEYS[1], 'sequence', ARGV[2])
  end
  return 'written'`;

/** ARGV: token, milliseconds of the lease. A lease that ran out while the server was away is taken again if nobody else has come. */
export const renew = `
  if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'fenced' end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 'renewed'`;

/** ARGV: token. */
export const release = `
  if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[2]) end
  return 'released'`;
