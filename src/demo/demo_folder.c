#include "demo/demo_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/digest.h"
#include "demo/demo_stock.h"

#define SECRET_BYTES 16

static void make_secret(char text[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[SECRET_BYTES];

	secret_random(random, sizeof random);
	for (int i = 0; i < SECRET_BYTES; i++) {
		text[2 * i] = digits[random[i] >> 4];
		text[2 * i + 1] = digits[random[i] & 15];
	}
	text[2 * SECRET_BYTES] = '\0';
}

bool demo_folder_make(struct demo_folder *folder, char ret_error[512])
{
	const char *tmp = getenv("TMPDIR");

	*folder = (struct demo_folder){.path = ""};
	snprintf(folder->path, sizeof folder->path, "%.200s/bauta-demo-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	if (!mkdtemp(folder->path)) {
		snprintf(ret_error, 512, "%.300s can't be made: %s", folder->path, strerror(errno));
		folder->path[0] = '\0';
		return false;
	}
	snprintf(folder->config, sizeof folder->config, "%s/bauta.yaml", folder->path);
	snprintf(folder->log, sizeof folder->log, "%s/server.log", folder->path);
	make_secret(folder->token);
	make_secret(folder->secret);
	return true;
}

static bool write_file(const char *path, struct str text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = file >= 0 && write(file, text.at, text.len) == (ssize_t)text.len;

	if (file >= 0 && close(file) != 0)
		good = false;
	return good;
}

bool demo_folder_config(const struct demo_folder *folder, const char *listen, const char *market, struct str more,
	char ret_error[512])
{
	char room[4096];
	struct buf text;

	buf_fixed(&text, room, sizeof room);
	buf_fmt(&text,
		"# Made by `bauta demo`.\n"
		"listen: %s\n"
		"data: data\n"
		"limits: { sessions: 1000, connections: 100, workers: 1 }\n"
		"accounts:\n"
		"  - { name: main, provider: twilio, country: ID, account_sid: " DEMO_STOCK_SID ", "
		"auth_token: \"%s\", api_url: \"%s\" }\n"
		"  - { name: india, provider: exotel, country: IN, secret_path: \"%s\" }\n",
		listen, folder->token, market, folder->secret);
	buf_str(&text, more);
	bool good = buf_ok(&text) && write_file(folder->config, buf_text(&text));
	if (!good)
		snprintf(ret_error, 512, "%.280s can't be written: %s", folder->config, strerror(errno));
	secret_wipe(room, sizeof room);
	return good;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

bool demo_folder_remove(struct demo_folder *folder)
{
	if (!folder->path[0])
		return true;
	bool gone = nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
	if (gone)
		folder->path[0] = '\0';
	return gone;
}
