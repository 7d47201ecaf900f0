-- ARGV: order, customer, courier. What a good engineer writes in an afternoon: the whole order in one script.
-- vns = how many virtual numbers there are. The same order again gets the same numbers.
local ref, a, b, vns = ARGV[1], ARGV[2], ARGV[3], 2000
local session = redis.call('HMGET', 's:' .. ref, 'a_vn', 'b_vn')
if session[1] then return session end

-- A VN that `who` doesn't dial yet: from a place that is theirs, the next free one.
local function free_vn(who, other)
	local start = tonumber(string.sub(who, -7)) * 31
	for step = 0, vns - 1 do
		local vn = (start + step) % vns
		if vn ~= other and redis.call('EXISTS', 'r:' .. who .. ':' .. vn) == 0 then return vn end
	end
	return redis.error_reply('no free virtual number')
end

local b_vn = free_vn(a, -1)
local a_vn = free_vn(b, b_vn)
redis.call('HSET', 's:' .. ref, 'a', a, 'b', b, 'a_vn', a_vn, 'b_vn', b_vn)
redis.call('EXPIRE', 's:' .. ref, 14400)
redis.call('SET', 'r:' .. a .. ':' .. b_vn, b .. ' ' .. a_vn .. ' ' .. ref, 'EX', 14400)
redis.call('SET', 'r:' .. b .. ':' .. a_vn, a .. ' ' .. b_vn .. ' ' .. ref, 'EX', 14400)
return {a_vn, b_vn}
