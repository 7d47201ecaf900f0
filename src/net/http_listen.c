#include "net/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

struct address {
	struct sockaddr_storage at;
	socklen_t len;
};

static bool read_port(struct str text, uint16_t *ret_port)
{
	uint64_t port;

	if (!str_u64(text, &port) || port > UINT16_MAX)
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

static bool read_address(const char *text, struct address *ret_address)
{
	const char *colon = strrchr(text, ':');
	struct address address = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&address.at;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.at;
	char host[64];

	if (!colon)
		return false;
	struct str name = str_n(text, (size_t)(colon - text));
	bool brackets = name.len >= 2 && name.at[0] == '[' && name.at[name.len - 1] == ']';
	if (brackets)
		name = str_n(name.at + 1, name.len - 2);
	if (!str_copy(host, sizeof host, name.len ? name : STR("0.0.0.0")))
		return false;
	if (brackets && inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		address.len = sizeof *in6;
		if (!read_port(str_of(colon + 1), &in6->sin6_port))
			return false;
	} else if (!brackets && inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		address.len = sizeof *in;
		if (!read_port(str_of(colon + 1), &in->sin_port))
			return false;
	} else {
		return false;
	}
	*ret_address = address;
	return true;
}

/* -1 with errno. */
static int bound(const struct address *address, bool share)
{
	int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (share)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (bind(fd, (const struct sockaddr *)&address->at, address->len) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* SO_REUSEPORT would let a second server take half of the first one's calls; without it bind fails. */
static bool is_free(const struct address *address)
{
	int fd = bound(address, false);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int port_of(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
						    : ((const struct sockaddr_in *)address)->sin_port);
}

static enum err failed(const char *address, int why, const int *fds, int n, char ret_error[256])
{
	for (int i = 0; i < n; i++)
		close(fds[i]);
	snprintf(ret_error, 256, "can't listen on %s: %s", address, strerror(why));
	return ERR_BAD_REQUEST;
}

enum err http_listen_open(const char *address, int n, int *ret_fds, int *ret_port, char ret_error[256])
{
	struct address at;

	if (!read_address(address, &at)) {
		snprintf(ret_error, 256, "%s is not an address: expected 127.0.0.1:8080 or [::1]:8080",
			address);
		return ERR_BAD_REQUEST;
	}
	if (port_of(&at.at) != 0 && !is_free(&at))
		return failed(address, errno, ret_fds, 0, ret_error);
	for (int i = 0; i < n; i++) {
		int fd = bound(&at, true);
		if (fd < 0)
			return failed(address, errno, ret_fds, i, ret_error);
		ret_fds[i] = fd;
		if (listen(fd, SOMAXCONN) != 0 || getsockname(fd, (struct sockaddr *)&at.at, &at.len) != 0)
			return failed(address, errno, ret_fds, i + 1, ret_error);
	}
	*ret_port = port_of(&at.at);
	return ERR_OK;
}
