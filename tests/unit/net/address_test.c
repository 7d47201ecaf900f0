/* Which addresses are public: the first and last address of every block of IANA's registries that is not, and their
 * neighbours. */
#include "unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "net/address.h"

static bool is_public(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(443)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return address_public((const struct sockaddr *)&in);
	if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return address_public((const struct sockaddr *)&in6);
}

static void expect_all(bool wanted, const char *const *texts)
{
	for (; *texts; texts++)
		if (is_public(*texts) != wanted)
			fail_msg("%s is%s public", *texts, wanted ? " not" : "");
}

static void what_is_private_in_ipv4_is_refused_to_its_last_address(void **state)
{
	static const char *const addresses[] = {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
		"100.64.0.0", "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0",
		"169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.8",
		"192.0.0.170", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255",
		"192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0",
		"198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0",
		"255.255.255.254", "255.255.255.255", NULL};

	(void)state;
	expect_all(false, addresses);
}

static void their_neighbours_are_public(void **state)
{
	static const char *const addresses[] = {"1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
		"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0",
		"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", NULL};

	(void)state;
	expect_all(true, addresses);
}

static void what_is_private_in_ipv6_is_refused(void **state)
{
	static const char *const addresses[] = {"::", "::1", "::2", "::ffff", "100::", "100::1", "100:0:0:1::1",
		"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::", "2001:0:53aa:64c:0:1::", "2001:1::1",
		"2001:2::", "2001:2:0:ffff::", "2001:3::1", "2001:4:112::", "2001:10::", "2001:1f:ffff::",
		"2001:20::", "2001:30::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::",
		"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
		"4000::", "5f00::1", "fc00::", "fd00::1", "fd00:ec2::254",
		"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff00::",
		"ff02::1", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL};

	(void)state;
	expect_all(false, addresses);
}

static void what_was_given_out_in_ipv6_is_public(void **state)
{
	static const char *const addresses[] = {"2000::", "2001:200::", "2001:4860:4860::8888", "2001:db7:ffff::1",
		"2001:db9::", "2003::1", "2400:cb00::1", "2606:4700:4700::1111", "2620:4f:8000::1", "2a00::1",
		"3ffe:ffff::1", "3fff:1000::1", NULL};

	(void)state;
	expect_all(true, addresses);
}

static void an_ipv4_address_inside_of_an_ipv6_one_is_found(void **state)
{
	static const char *const refused[] = {
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", /* mapped */
		"::127.0.0.1", "::10.0.0.1", "::8.8.8.8",                /* compatible */
		"::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8",                /* SIIT */
		"64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254", "64:ff9b::192.168.0.1",
		"64:ff9b::100.64.0.1", "64:ff9b::0.0.0.0", "64:ff9b::255.255.255.255",
		"64:ff9b::1:8.8.8.8", "64:ff9b:1::8.8.8.8", "64:ff9b:1:ffff::1", "64:ff9a::8.8.8.8", /* local */
		"2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1",                                /* 6to4 */
		NULL};
	static const char *const taken[] = {"64:ff9b::8.8.8.8", "64:ff9b::1.1.1.1", NULL};

	(void)state;
	expect_all(false, refused);
	expect_all(true, taken);
}

static void other_families_are_not_public(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	(void)state;
	assert_false(address_public((const struct sockaddr *)&un));
	assert_false(address_public(&none));
}

/* libcurl's struct has the address at an offset of its own. */
static void an_address_need_not_be_aligned(void **state)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char bytes[sizeof in6 + 1];

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2606:4700:4700::1111", &in6.sin6_addr), 1);
	memcpy(bytes + 1, &in6, sizeof in6);
	assert_true(address_public((const struct sockaddr *)(const void *)(bytes + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_private_in_ipv4_is_refused_to_its_last_address),
		cmocka_unit_test(their_neighbours_are_public),
		cmocka_unit_test(what_is_private_in_ipv6_is_refused),
		cmocka_unit_test(what_was_given_out_in_ipv6_is_public),
		cmocka_unit_test(an_ipv4_address_inside_of_an_ipv6_one_is_found),
		cmocka_unit_test(other_families_are_not_public),
		cmocka_unit_test(an_address_need_not_be_aligned),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
