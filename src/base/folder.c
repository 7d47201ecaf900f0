#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"

#define PATH_SIZE 4096

bool folder_sync_of(const char *path)
{
	char folder[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	struct str name = !slash ? STR(".") : slash == path ? STR("/") : str_n(path, (size_t)(slash - path));

	if (!str_copy(folder, sizeof folder, name)) {
		errno = ENAMETOOLONG;
		return false;
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool good = fsync(fd) == 0;
	close(fd);
	return good;
}
