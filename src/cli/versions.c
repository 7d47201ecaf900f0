#include "cli/versions.h"

#include <curl/curl.h>
#include <jansson.h>
#include <yaml.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <uv.h>

#include "phone/phone.h"

void versions_print(FILE *out)
{
	fprintf(out, "bauta %s\n", BAUTA_VERSION);
	fprintf(out, "openssl %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
	fprintf(out, "sqlite %s\n", sqlite3_libversion());
	fprintf(out, "libuv %s\n", uv_version_string());
	fprintf(out, "llhttp %d.%d.%d\n", LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
	fprintf(out, "curl %s\n", curl_version_info(CURLVERSION_NOW)->version);
	fprintf(out, "jansson %s\n", jansson_version_str());
	fprintf(out, "libyaml %s\n", yaml_get_version_string());
	fprintf(out, "libphonenumber %s\n", phone_library_version());
}
