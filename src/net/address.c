#include "net/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block {
	uint8_t prefix[16];
	uint8_t bits;
};

static const struct block private4[] = {
	{{0}, 8},             /* this network */
	{{10}, 8},            /* private */
	{{100, 64}, 10},      /* carrier NAT */
	{{127}, 8},           /* loopback */
	{{169, 254}, 16},     /* link-local: the metadata services of clouds */
	{{172, 16}, 12},      /* private */
	{{192, 0, 0}, 24},    /* protocol assignments */
	{{192, 0, 2}, 24},    /* documentation */
	{{192, 88, 99}, 24},  /* 6to4 relays */
	{{192, 168}, 16},     /* private */
	{{198, 18}, 15},      /* benchmarks */
	{{198, 51, 100}, 24}, /* documentation */
	{{203, 0, 113}, 24},  /* documentation */
	{{224}, 4},           /* multicast */
	{{240}, 4},           /* reserved; broadcast */
};

/* Of 2000::/3, outside of which nothing was given out. */
static const struct block private6[] = {
	{{0x20, 0x01, 0, 0}, 23},       /* protocol assignments: Teredo, benchmarks, ORCHID */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16},             /* 6to4 */
	{{0x3f, 0xff, 0}, 20},          /* documentation (RFC 9637) */
};

static const struct block given_out = {{0x20}, 3};
static const struct block nat64 = {{0, 0x64, 0xff, 0x9b}, 96};

static bool lies_in(const uint8_t *address, const struct block *block)
{
	size_t whole = block->bits / 8;
	unsigned rest = block->bits % 8, mask = 0xff00u >> rest & 0xff;

	return memcmp(address, block->prefix, whole) == 0 &&
	       (rest == 0 || ((address[whole] ^ block->prefix[whole]) & mask) == 0);
}

static bool lies_in_any(const uint8_t *address, const struct block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lies_in(address, &blocks[i]))
			return true;
	return false;
}

static bool public4(const uint8_t address[4])
{
	return !lies_in_any(address, private4, sizeof private4 / sizeof private4[0]);
}

static bool public6(const uint8_t address[16])
{
	if (lies_in(address, &nat64))
		return public4(address + 12);
	return lies_in(address, &given_out) &&
	       !lies_in_any(address, private6, sizeof private6 / sizeof private6[0]);
}

bool address_public(const struct sockaddr *address)
{
	const char *at = (const char *)address;
	uint8_t bytes[16];
	sa_family_t family;

	memcpy(&family, at + offsetof(struct sockaddr, sa_family), sizeof family);
	if (family == AF_INET) {
		memcpy(bytes, at + offsetof(struct sockaddr_in, sin_addr), 4);
		return public4(bytes);
	}
	if (family == AF_INET6) {
		memcpy(bytes, at + offsetof(struct sockaddr_in6, sin6_addr), 16);
		return public6(bytes);
	}
	return false;
}
