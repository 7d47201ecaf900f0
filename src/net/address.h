/* address: is an address one of the public Internet's? Asked of every address that a connection is about to be made to
 * where private ones are not allowed, after the name was resolved, so that no spelling and no name gets around it.
 *
 * Public is what can be reached globally by IANA's registries (RFC 6890, RFC 8190; iana-ipv4-special-registry,
 * iana-ipv6-special-registry), and of IPv6 only what was given out (2000::/3). An IPv6 address that has an IPv4 one inside
 * by NAT64's well-known prefix (RFC 6052) is judged by that one. Others of that kind are never public: nobody has a reason
 * to publish them, and where they lead depends on the network: IPv4-mapped and -compatible ones, 6to4, Teredo, NAT64's
 * local prefix.
 *
 * Pure. Threads: any.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* A whole sockaddr_in or sockaddr_in6 by its family, aligned or not; any other family is not public. */
bool address_public(const struct sockaddr *address);

#endif
