/* What Swift cannot import from the C library and the kernel's headers: GNU functions (Swift reads the C library
 * without _GNU_SOURCE), function-like macros and variadic functions. Nothing here decides anything. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* struct mmsghdr and struct ucred of the C library. */
struct linux_message {
    struct msghdr header;
    unsigned int length;
};
struct linux_credentials {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

int linux_recvmmsg(int descriptor, struct linux_message *messages, unsigned int count, int flags);
int linux_sendmmsg(int descriptor, struct linux_message *messages, unsigned int count, int flags);
int linux_accept(int descriptor);
int linux_peer_credentials(int descriptor, struct linux_credentials *credentials);

/* The kernel's name ("EPERM") and words ("Operation not permitted") for an error number. */
const char *linux_error_name(int error);
const char *linux_error_text(int error);

/* Privileges. */
int linux_setresuid(uint32_t uid);
int linux_setresgid(uint32_t gid);
int linux_setgroups(const uint32_t *groups, size_t count);
int linux_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int linux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int linux_prctl(int option, unsigned long argument, unsigned long second);
extern const int linux_pr_set_keepcaps, linux_pr_capbset_drop, linux_pr_capbset_read, linux_pr_set_no_new_privs,
    linux_pr_cap_ambient, linux_pr_cap_ambient_raise, linux_pr_cap_ambient_clear_all;

void linux_set_thread_name(const char *name);
int linux_usable_processors(void);

/* Gives memory that was freed back to the kernel, also from between what is in use. */
void linux_return_freed_memory(void);
/* Blocks of so many octets are mapped one by one from now on, and go back to the kernel when they are freed. */
void linux_map_blocks_from(int size);

/* A descriptor of a child process, which can be read once it has ended; closed on exec. */
int linux_process_descriptor(pid_t process);

/* A file that lives in memory only; closed on exec. */
int linux_memory_file(const char *name);

/* A pipe: where to read, and where to write; closed on exec. */
int linux_pipe(int ends[2]);

int linux_random(void *bytes, size_t count);

/* Whether a file system that lives in memory only, tmpfs or ramfs, has what is at path; 0 also where it cannot be asked. */
int linux_is_in_memory(const char *path);

/* Whether somebody keeps the clock on the wall right, as the kernel was told; 0 also where it may not be asked. */
int linux_clock_is_synchronized(void);

/* The calling thread's network namespace: a new one, or that of an open file of /proc/PID/ns/net. */
int linux_unshare_network(void);
int linux_set_network(int descriptor);

/* TUN devices. `name` has 16 octets; on return it holds the name that the kernel chose. */
int linux_tun_open(void);
int linux_tun_attach(int descriptor, char *name, int multi_queue);
int linux_tun_set_header_size(int descriptor, int size);
int linux_tun_set_offload(int descriptor, unsigned int flags);
int linux_tun_set_persistent(int descriptor, int on);
extern const unsigned int linux_tun_checksum, linux_tun_tso4, linux_tun_tso6, linux_tun_uso;

/* IPv6 raw sockets: linux/in6.h and netinet/in.h do not go together. */
extern const int linux_ipv6_hdrincl, linux_ipv6_join_group, linux_ipv6_join_anycast;
/* The Ethernet type of IPv6. */
extern const uint16_t linux_eth_p_ipv6;
/* ioctl(2) with a pointer argument; the original is variadic. */
static inline int shisa_ioctl(int descriptor, unsigned long request, void *argument) {
    return ioctl(descriptor, request, argument);
}
