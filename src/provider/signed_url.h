/* signed_url: a URL as providers sign it: some count its port, some don't, so both spellings are tried. */
#ifndef PROVIDER_SIGNED_URL_H
#define PROVIDER_SIGNED_URL_H

#include "base/str.h"

/* The URL, cut around the port of its authority. */
struct signed_url {
	struct str before, after;
	struct str port;       /* with its colon; none */
	struct str other_port; /* of the other spelling: none where there is one, else the scheme's own */
};

struct signed_url signed_url_cut(struct str url);

#endif
