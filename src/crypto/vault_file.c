/* The key file: read, made, given one more key. Lines go out of it by hand only. */
#include "base/check.h"
#include "base/folder.h"
#include "crypto/digest.h"
#include "crypto/vault_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 1024 /* two keys are under 500 bytes */

static const struct str head = {"bauta-key 1", 11};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool hex_read(struct str text, uint8_t *ret_bytes, size_t len)
{
	if (text.len != len * 2)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(text.at[i * 2]), low = hex_value(text.at[i * 2 + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* "key 1 index <64 hex> data <128 hex>" */
static bool key_parse(struct str line, struct vault_key *ret_key)
{
	uint64_t id;
	if (!str_equal(str_cut(line, ' ', &line), STR("key")))
		return false;
	if (!str_u64(str_cut(line, ' ', &line), &id) || id < 1 || id > VAULT_ID_MAX)
		return false;
	ret_key->id = (uint8_t)id;
	if (!str_equal(str_cut(line, ' ', &line), STR("index")) ||
		!hex_read(str_cut(line, ' ', &line), ret_key->index, VAULT_INDEX_SIZE))
		return false;
	return str_equal(str_cut(line, ' ', &line), STR("data")) && hex_read(line, ret_key->data, VAULT_DATA_SIZE);
}

/* "root <64 hex>" */
static bool root_parse(struct str line, uint8_t ret_root[VAULT_ROOT_SIZE])
{
	return str_equal(str_cut(line, ' ', &line), STR("root")) && hex_read(line, ret_root, VAULT_ROOT_SIZE);
}

static bool vault_parse(struct str text, struct vault *ret_vault)
{
	if (!str_equal(str_cut(text, '\n', &text), head) || !root_parse(str_cut(text, '\n', &text), ret_vault->root))
		return false;
	while (text.len > 0) {
		if (ret_vault->n == VAULT_KEYS_MAX)
			return false;
		if (!key_parse(str_cut(text, '\n', &text), &ret_vault->keys[ret_vault->n]))
			return false;
		ret_vault->n++;
	}
	return ret_vault->n == 1 || (ret_vault->n == 2 && ret_vault->keys[0].id < ret_vault->keys[1].id);
}

/* The whole file into `text`; its length, -1 with errno. */
static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t len = 0;
	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static enum err refuse(char ret_error[256], const char *path, const char *why)
{
	snprintf(ret_error, 256, "key file %.140s: %.100s", path, why);
	return ERR_STORE_REFUSED;
}

/* A key file as it is: whose, and its text. Secret: file_done(). */
struct file {
	struct stat st;
	size_t len;
	char text[FILE_MAX + 1]; /* longer than FILE_MAX: it is none of ours */
};

static void file_done(struct file *file)
{
	secret_wipe(file, sizeof *file);
}

static enum err file_read_from(int fd, const char *path, struct file *file, char ret_error[256])
{
	if (fstat(fd, &file->st) < 0)
		return refuse(ret_error, path, strerror(errno));
	if (!S_ISREG(file->st.st_mode))
		return refuse(ret_error, path, "is not a file");
	if (file->st.st_mode & 077)
		return refuse(ret_error, path, "others may read it: make it mode 0600");
	ssize_t len = read_whole(fd, file->text, sizeof file->text);
	if (len < 0)
		return refuse(ret_error, path, strerror(errno));
	file->len = (size_t)len;
	return ERR_OK;
}

static enum err file_read(const char *path, struct file *file, char ret_error[256])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	if (fd < 0)
		return refuse(ret_error, path, strerror(errno));
	enum err err = file_read_from(fd, path, file, ret_error);
	close(fd);
	return err;
}

static enum err file_parse(const struct file *file, const char *path, struct vault **ret_vault, char ret_error[256])
{
	struct vault *vault = calloc(1, sizeof *vault);
	ASSERT(vault);
	if (file->len > FILE_MAX || !vault_parse(str_n(file->text, file->len), vault)) {
		vault_free(vault);
		return refuse(ret_error, path, "is not of the form that bauta writes");
	}
	*ret_vault = vault;
	return ERR_OK;
}

enum err vault_read(const char *path, struct vault **ret_vault, char ret_error[256])
{
	struct file file;
	enum err err = file_read(path, &file, ret_error);
	if (err == ERR_OK)
		err = file_parse(&file, path, ret_vault, ret_error);
	file_done(&file);
	return err;
}

static void hex_put(struct buf *buf, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		buf_char(buf, "0123456789abcdef"[bytes[i] >> 4]);
		buf_char(buf, "0123456789abcdef"[bytes[i] & 15]);
	}
}

static bool write_whole(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t put = write(fd, text.at, text.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		text = str_n(text.at + put, text.len - (size_t)put);
	}
	return true;
}

/* "key 2 index ... data ...\n" with a fresh key. */
static void put_new_key(struct buf *buf, int id)
{
	uint8_t secret[VAULT_INDEX_SIZE + VAULT_DATA_SIZE];
	secret_random(secret, sizeof secret);
	buf_lit(buf, "key ");
	buf_u64(buf, (uint64_t)id);
	buf_lit(buf, " index ");
	hex_put(buf, secret, VAULT_INDEX_SIZE);
	buf_lit(buf, " data ");
	hex_put(buf, secret + VAULT_INDEX_SIZE, VAULT_DATA_SIZE);
	buf_char(buf, '\n');
	secret_wipe(secret, sizeof secret);
}

enum err vault_create(const char *path, struct vault **ret_vault, char ret_error[256])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse(ret_error, path, strerror(errno));
	uint8_t root[VAULT_ROOT_SIZE];
	char text[FILE_MAX];
	struct buf buf;
	buf_fixed(&buf, text, sizeof text);
	secret_random(root, sizeof root);
	buf_str(&buf, head);
	buf_lit(&buf, "\nroot ");
	hex_put(&buf, root, sizeof root);
	buf_char(&buf, '\n');
	put_new_key(&buf, 1);
	ASSERT(buf_ok(&buf));
	bool good = write_whole(fd, buf_text(&buf)) && fsync(fd) == 0;
	secret_wipe(root, sizeof root);
	secret_wipe(text, sizeof text);
	good = close(fd) == 0 && good && folder_sync_of(path);
	if (!good) {
		enum err err = refuse(ret_error, path, strerror(errno));
		unlink(path);
		return err;
	}
	return vault_read(path, ret_vault, ret_error);
}

/* A file beside `path` takes its place, as private as it was and its owner's (root may rotate for the server). */
static enum err replace(const char *path, const struct stat *was, struct str text, char ret_error[256])
{
	char fresh[PATH_MAX];
	int len = snprintf(fresh, sizeof fresh, "%s-new", path);
	if (len < 0 || (size_t)len >= sizeof fresh)
		return refuse(ret_error, path, "the path is too long");
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return refuse(ret_error, fresh, errno == EEXIST ? "is there already: left by a rotation that was cut off?"
								 : strerror(errno));
	bool good = write_whole(fd, text) && fchmod(fd, was->st_mode & 0700) == 0;
	if (good && (was->st_uid != geteuid() || was->st_gid != getegid()))
		good = fchown(fd, was->st_uid, was->st_gid) == 0;
	good = good && fsync(fd) == 0;
	good = close(fd) == 0 && good && rename(fresh, path) == 0;
	if (good && folder_sync_of(path))
		return ERR_OK;
	enum err err = refuse(ret_error, path, strerror(errno));
	unlink(fresh);
	return err;
}

/* The file's text with one key more. ERR_STORE_REFUSED: it may not have one. */
static enum err add_key(const struct file *file, const char *path, struct buf *buf, int *ret_id, char ret_error[256])
{
	struct vault *vault = NULL;
	enum err err = file_parse(file, path, &vault, ret_error);
	if (err != ERR_OK)
		return err;
	int n = vault->n, id = vault->keys[n - 1].id;
	vault_free(vault);
	if (n == VAULT_KEYS_MAX)
		return refuse(ret_error, path, "has two keys already: the first must go before a third can come");
	if (id == VAULT_ID_MAX)
		return refuse(ret_error, path, "its key has the last number that there is (255)");
	buf_put(buf, file->text, file->len);
	if (file->text[file->len - 1] != '\n')
		buf_char(buf, '\n');
	put_new_key(buf, id + 1);
	ASSERT(buf_ok(buf));
	*ret_id = id + 1;
	return ERR_OK;
}

enum err vault_rotate(const char *path, int *ret_id, char ret_error[256])
{
	struct file file;
	char real[PATH_MAX], text[2 * FILE_MAX];
	struct buf buf;
	int id = 0;
	/* The file and not a link to it is what is replaced. */
	if (!realpath(path, real))
		return errno == ENOENT ? ERR_NOT_FOUND : refuse(ret_error, path, strerror(errno));
	buf_fixed(&buf, text, sizeof text);
	enum err err = file_read(real, &file, ret_error);
	if (err == ERR_OK)
		err = add_key(&file, path, &buf, &id, ret_error);
	if (err == ERR_OK)
		err = replace(real, &file.st, buf_text(&buf), ret_error);
	file_done(&file);
	secret_wipe(text, sizeof text);
	if (err == ERR_OK)
		*ret_id = id;
	return err;
}
