#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/magic.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

_Static_assert(sizeof(struct linux_message) == sizeof(struct mmsghdr), "struct mmsghdr changed");
_Static_assert(sizeof(struct linux_credentials) == sizeof(struct ucred), "struct ucred changed");

int linux_recvmmsg(int descriptor, struct linux_message *messages, unsigned int count, int flags) {
    return recvmmsg(descriptor, (struct mmsghdr *)messages, count, flags, NULL);
}

int linux_sendmmsg(int descriptor, struct linux_message *messages, unsigned int count, int flags) {
    return sendmmsg(descriptor, (struct mmsghdr *)messages, count, flags);
}

int linux_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int linux_peer_credentials(int descriptor, struct linux_credentials *credentials) {
    socklen_t length = sizeof(*credentials);
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, &length);
}

const char *linux_error_name(int error) { return strerrorname_np(error); }
const char *linux_error_text(int error) { return strerrordesc_np(error); }

int linux_setresuid(uint32_t uid) { return setresuid(uid, uid, uid); }
int linux_setresgid(uint32_t gid) { return setresgid(gid, gid, gid); }
int linux_setgroups(const uint32_t *groups, size_t count) { return setgroups(count, groups); }

int linux_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

int linux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {
        {.effective = effective, .permitted = permitted, .inheritable = inheritable},
        {.effective = effective >> 32, .permitted = permitted >> 32, .inheritable = inheritable >> 32},
    };
    return (int)syscall(SYS_capset, &header, data);
}

int linux_prctl(int option, unsigned long argument, unsigned long second) {
    return prctl(option, argument, second, 0UL, 0UL);
}

const int linux_pr_set_keepcaps = PR_SET_KEEPCAPS, linux_pr_capbset_drop = PR_CAPBSET_DROP,
          linux_pr_capbset_read = PR_CAPBSET_READ, linux_pr_set_no_new_privs = PR_SET_NO_NEW_PRIVS,
          linux_pr_cap_ambient = PR_CAP_AMBIENT, linux_pr_cap_ambient_raise = PR_CAP_AMBIENT_RAISE,
          linux_pr_cap_ambient_clear_all = PR_CAP_AMBIENT_CLEAR_ALL;

void linux_return_freed_memory(void) { malloc_trim(0); }
void linux_map_blocks_from(int size) { mallopt(M_MMAP_THRESHOLD, size); }

int linux_usable_processors(void) {
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
}

void linux_set_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL); }

int linux_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int linux_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int linux_is_in_memory(const char *path) {
    struct statfs system;
    return statfs(path, &system) == 0 && (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

int linux_clock_is_synchronized(void) {
    struct timex state = {0};
    return adjtimex(&state) >= 0 && !(state.status & STA_UNSYNC);
}

int linux_random(void *bytes, size_t count) {
    uint8_t *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

int linux_unshare_network(void) { return unshare(CLONE_NEWNET); }
int linux_set_network(int descriptor) { return setns(descriptor, CLONE_NEWNET); }

int linux_tun_open(void) { return open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC); }

int linux_tun_attach(int descriptor, char *name, int multi_queue) {
    struct ifreq request;
    memset(&request, 0, sizeof(request));
    memcpy(request.ifr_name, name, IFNAMSIZ);
    request.ifr_name[IFNAMSIZ - 1] = 0;
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    if (multi_queue) request.ifr_flags |= IFF_MULTI_QUEUE;
    if (ioctl(descriptor, TUNSETIFF, &request) != 0) return -1;
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return 0;
}

int linux_tun_set_header_size(int descriptor, int size) { return ioctl(descriptor, TUNSETVNETHDRSZ, &size); }
int linux_tun_set_offload(int descriptor, unsigned int flags) {
    return ioctl(descriptor, TUNSETOFFLOAD, (unsigned long)flags);
}
int linux_tun_set_persistent(int descriptor, int on) { return ioctl(descriptor, TUNSETPERSIST, (unsigned long)on); }

/* TUN_F_USO4 and TUN_F_USO6 came with Linux 6.2; older headers do not name them. */
const unsigned int linux_tun_checksum = TUN_F_CSUM, linux_tun_tso4 = TUN_F_TSO4, linux_tun_tso6 = TUN_F_TSO6,
                   linux_tun_uso = 0x20 | 0x40;

const int linux_ipv6_hdrincl = IPV6_HDRINCL;
/* IPV6_JOIN_GROUP and IPV6_JOIN_ANYCAST. */
const int linux_ipv6_join_group = IPV6_ADD_MEMBERSHIP, linux_ipv6_join_anycast = IPV6_JOIN_ANYCAST;
const uint16_t linux_eth_p_ipv6 = ETH_P_IPV6;
