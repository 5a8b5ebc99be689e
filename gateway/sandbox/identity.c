#include "sandbox/identity.h"

#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static enum status find(const char *user, struct passwd *out, struct err *err)
{
    errno = 0;
    const struct passwd *found = getpwnam(user);
    if (!found)
        return err_set(err, ST_INVAL, "user %s: %s", user,
                       errno ? strerror(errno) : "there is none");
    if (found->pw_uid == 0)
        return err_set(err, ST_INVAL, "user %s: is root himself", user);
    *out = *found;
    return ST_OK;
}

/* Nothing brings root back. */
static bool is_for_good(const struct passwd *user)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) == 0 && real == user->pw_uid &&
           effective == user->pw_uid && saved == user->pw_uid &&
           setuid(0) != 0 && seteuid(0) != 0;
}

enum status identity_check(const char *user, struct err *err)
{
    struct passwd wanted;
    enum status status = find(user, &wanted, err);
    if (status == ST_OK && geteuid() != 0)
        return err_set(err, ST_INVAL,
                       "user %s: only root can become another user", user);
    return status;
}

enum status identity_take(const char *user, struct err *err)
{
    struct passwd wanted;
    enum status status = find(user, &wanted, err);
    if (status != ST_OK)
        return status;
    if (initgroups(user, wanted.pw_gid) != 0 ||
        setresgid(wanted.pw_gid, wanted.pw_gid, wanted.pw_gid) != 0 ||
        setresuid(wanted.pw_uid, wanted.pw_uid, wanted.pw_uid) != 0)
        return err_set(err, ST_TEMP, "user %s: %s", user, strerror(errno));
    return is_for_good(&wanted)
               ? ST_OK
               : err_set(err, ST_TEMP, "user %s: root can come back", user);
}

enum status identity_make_folder(const char *user, const char *path,
                                 struct err *err)
{
    struct passwd owner;
    enum status status = find(user, &owner, err);
    if (status != ST_OK || (mkdir(path, 0700) != 0 && errno == EEXIST))
        return status;
    if (access(path, F_OK) != 0 ||
        lchown(path, owner.pw_uid, owner.pw_gid) != 0)
        return err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
    return ST_OK;
}

/* nftw() has no argument of the caller's. */
static char *not_ours;

static int look(const char *path, const struct stat *st, int kind,
                struct FTW *at)
{
    (void)at;
    int wanted =
        kind == FTW_D || kind == FTW_DNR ? R_OK | W_OK | X_OK : R_OK | W_OK;
    if (S_ISLNK(st->st_mode) || eaccess(path, wanted) == 0)
        return 0;
    not_ours =
        xasprintf("%s: user %ld cannot use it, it is of user %ld: %s", path,
                  (long)geteuid(), (long)st->st_uid, strerror(errno));
    return 1;
}

enum status identity_check_files(const char *path, struct err *err)
{
    enum { DESCRIPTORS = 8 };
    not_ours = NULL;
    if (nftw(path, look, DESCRIPTORS, FTW_PHYS) != 1)
        return ST_OK;
    enum status status = err_set(err, ST_INVAL, "%s", not_ours);
    free(not_ours);
    return status;
}
