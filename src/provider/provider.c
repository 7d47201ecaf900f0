#include "provider/provider.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "provider/dialects.h"

const struct provider *const providers[] = {
	&provider_twilio,
	&provider_exotel,
	&provider_telnyx,
	&provider_vonage,
	&provider_bandwidth,
	&provider_sinch,
	&provider_infobip,
	&provider_8x8,
	&provider_plivo,
	&provider_signalwire,
	&provider_huawei,
	&provider_messagebird,
	&provider_alibaba,
	&provider_generic,
	NULL,
};

const struct provider *provider_find(struct str name)
{
	for (int i = 0; providers[i]; i++)
		if (str_equal(str_of(providers[i]->name), name))
			return providers[i];
	return NULL;
}

bool provider_shows_dialled_only(struct str name)
{
	const struct provider *provider = provider_find(name);

	return provider && provider->shows_dialled_only;
}

/* An address in text, in IPv6 form; *ret_v4 tells which it was. */
static bool parse_address(struct str text, uint8_t ret_address[16], bool *ret_v4)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char terminated[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (!str_copy(terminated, sizeof terminated, text))
		return false;
	memcpy(address, mapped, sizeof mapped);
	bool v4 = inet_pton(AF_INET, terminated, address + sizeof mapped) == 1;
	if (!v4 && inet_pton(AF_INET6, terminated, address) != 1)
		return false;
	memcpy(ret_address, address, sizeof address);
	*ret_v4 = v4;
	return true;
}

static bool bit_is_set(const uint8_t address[16], unsigned bit)
{
	return address[bit / 8] >> (7 - bit % 8) & 1;
}

/* Bits set behind the mask are refused: 203.0.113.7/8 is a slip of the pen, and guessing which of the
 * two was meant would open a door or close it unseen. */
bool account_net_parse(struct str text, struct account_net *ret_net)
{
	struct account_net net;
	struct str bits_text, address = str_cut(text, '/', &bits_text);
	uint64_t bits;
	bool v4;

	if (!parse_address(address, net.address, &v4))
		return false;
	if (!bits_text.at)
		bits = v4 ? 32 : 128;
	else if (!str_u64(bits_text, &bits) || bits > (v4 ? 32 : 128))
		return false;
	net.bits = (uint8_t)(v4 ? bits + 96 : bits);
	for (unsigned bit = net.bits; bit < 128; bit++)
		if (bit_is_set(net.address, bit))
			return false;
	*ret_net = net;
	return true;
}

static bool net_holds(const struct account_net *net, const uint8_t address[16])
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->address, address, whole) != 0)
		return false;
	return rest == 0 || ((net->address[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

bool account_allows(const struct account *account, const char *peer)
{
	uint8_t address[16];
	bool v4;

	if (account->allow_n == 0)
		return true;
	if (!peer || !parse_address(str_of(peer), address, &v4))
		return false;
	for (int i = 0; i < account->allow_n; i++)
		if (net_holds(&account->allow[i], address))
			return true;
	return false;
}

bool account_hook_base(const struct account *account, const char *public_url, char *text, size_t size)
{
	const char *secret = account->secret_path;
	int len = snprintf(text, size, "%s/hooks/%s/%s/%s%s", public_url, account->provider->name, account->name, secret,
		secret[0] ? "/" : "");

	if (len > 0 && (size_t)len < size)
		return true;
	text[0] = '\0';
	return false;
}
