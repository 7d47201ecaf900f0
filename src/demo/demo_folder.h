/* demo_folder: the temporary folder of a demo, with bauta.yaml, the server's log and its data. Only ours to
 * read. */
#ifndef DEMO_FOLDER_H
#define DEMO_FOLDER_H

#include "base/str.h"

#include <stdbool.h>

struct demo_folder {
	char path[256];
	char config[300]; /* bauta.yaml */
	char log[300];    /* what the server writes on standard error */
	char token[33];   /* the Twilio account's, random */
	char secret[33];  /* the Exotel account's path, random */
};

/* Below TMPDIR or /tmp. False: ret_error is one sentence. */
bool demo_folder_make(struct demo_folder *folder, char ret_error[512]);

/* (Re)writes bauta.yaml for a server that listens on `listen` ("127.0.0.1:0") and buys numbers at `market`; `more` goes at
 * its end. */
bool demo_folder_config(const struct demo_folder *folder, const char *listen, const char *market, struct str more,
	char ret_error[512]);

/* Removes it and all that is in it. False: something stays. Nothing when there is none. */
bool demo_folder_remove(struct demo_folder *folder);

#endif
