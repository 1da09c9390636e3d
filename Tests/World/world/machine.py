"""A virtual machine with a kernel of Debian's, in which the world's tests run again.

The build machine's kernel is whatever it is. Debian's has Mobile IPv6 of its own (CONFIG_IPV6_MIP6) and tunnels, as most
machines that Shisa meets. QEMU emulates the machine, without the help of a hypervisor, because not every build machine
has one; it has no network card, since the world is all inside. Its root file system is a copy of what the world needs of
the build machine's own: Debian packages, the project's tests and the very programs that were built, under the same paths.
A share of the build machine's files (9p) would save the copy, but each opening of a file there costs milliseconds, and a
test opens thousands.
"""

import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading

# Each, with the set of packages (board/common/packages) that has its kernel.
KERNELS = {"bookworm": "vm-bookworm", "trixie": "vm-trixie"}
EMULATOR = "qemu-system-x86_64"
# A kernel patches its code while it runs, and an emulator with several processors has one of them now and then run what was
# there before, which is a trap that nobody knows of any more: "Oops: int3".
PROCESSORS = 1
PROCESSOR = "max,la57=off"
# Where instructions are counted, one that copies octet by octet would count as many.
COUNTED = ("-cpu", f"{PROCESSOR},erms=off,fsrm=off", "-icount", "shift=2")
MEMORY = "2G"
# What must be loaded to reach the root file system.
EARLY_MODULES = ("virtio_pci", "virtio_blk", "squashfs", "overlay", "9pnet_virtio", "9p")
# What a stock machine has loaded, and what is opened without the kernel loading it by itself.
LATE_MODULES = ("tun", "ip6_tunnel", "sit")
# Folders of modules that a machine without a card, a screen or a disk may ask for.
MODULES = ("arch", "crypto", "lib", "net", "fs", "drivers/net", "drivers/virtio", "drivers/block", "drivers/char")
# Of the radios the simulated ones remain.
UNWANTED_MODULES = ("drivers/net/ethernet", "drivers/net/wireless/[!v]*/*")
# For kernels that are emulated on a busy machine: a timer that ticks late is no reason to give up, and a clock that was late
# none to change it. Namespaces come and go quickly.
BUSY = "no_timer_check tsc=reliable rcupdate.rcu_expedited=1"
# Debian packages whose files the machine has, with all that they depend on.
PACKAGES = ("bash", "coreutils", "mount", "kmod", "iproute2", "util-linux", "procps", "python3", "radvd", "iputils-ping",
            "tcpdump", "nftables", "iperf3", "dnsmasq-base", "dhcpcd-base", "bind9-dnsutils", "iw",
            "hostapd", "wpasupplicant", "base-files")
# Of the project.
FILES = ("Tests/World", "Tests/Scenarios", "build/venv", "rootfs/usr/libexec/shisa")
PRODUCTS = ("shisa", "linkrelay")
# How much longer than on the build machine everything may take; see PATIENCE in node.py.
PATIENCE = 5
# With what the command line ends where there is no such machine here.
EX_UNAVAILABLE = 69

_HERE = os.path.dirname(os.path.abspath(__file__))
_INIT = os.path.join(_HERE, "../machine/init")


class Unavailable(Exception):
    """This machine cannot have that one; the text says why."""


class Machine:
    """One of KERNELS, with the products of a build, Debian packages and files of the project. `prepare` first, then `run`."""

    def __init__(self, name, directory="build/machines", build=".build/debug", packages=PACKAGES, files=FILES):
        self.name = name
        self.build = build
        self.packages = packages
        self.files = files
        self.directory = os.path.abspath(os.path.join(directory, name))
        self.results = os.path.join(self.directory, "results")
        self.console = os.path.join(self.directory, "console.log")
        self.root = os.path.join(self.directory, "root.img")

    # --- What it is made of ------------------------------------------------------------------------------------------

    def prepare(self):
        """Fetches the kernel, and makes ramdisk and root file system."""
        for program in (EMULATOR, "modprobe", "depmod", "cpio", "xz", "sqfstar", "dpkg-deb", "busybox"):
            if shutil.which(program) is None:
                raise Unavailable(f"there is no {program} on this machine")
        if subprocess.run(["board/common/debs", "fetch", KERNELS[self.name]]).returncode != 0:
            raise Unavailable(f"Debian's kernel of {self.name} cannot be had on this machine")
        listed = subprocess.run(
            ["board/common/debs", "list", KERNELS[self.name]], text=True, capture_output=True, check=True)
        package, self.version, archive = listed.stdout.split()
        self.release = package.removeprefix("linux-image-")
        stamp = os.path.join(self.directory, "unpacked")
        made_of = " ".join((archive, *MODULES, *UNWANTED_MODULES))
        if not os.path.exists(stamp) or open(stamp).read() != made_of:
            shutil.rmtree(self.directory, ignore_errors=True)
            self._unpack(archive)
            with open(stamp, "w") as file:
                file.write(made_of)
        self._make_ramdisk()
        self._make_root()

    def _unpack(self, archive):
        os.makedirs(os.path.join(self.directory, "usr/lib"))
        # Packages of trixie have all below usr, those of bookworm not.
        os.symlink("usr/lib", os.path.join(self.directory, "lib"))
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as files:
            subprocess.run(
                ["tar", "-x", "-C", self.directory, "--no-same-owner", "--keep-directory-symlink", "--wildcards",
                 *(f"--exclude=*/modules/*/kernel/{folder}" for folder in UNWANTED_MODULES),
                 "./boot/vmlinuz-*", "*/modules/*/modules.*", *(f"*/modules/*/kernel/{folder}/*" for folder in MODULES)],
                stdin=files.stdout, check=True)
        subprocess.run(["depmod", "-b", self.directory, self.release], check=True)

    def _make_ramdisk(self):
        root = os.path.join(self.directory, "ramdisk")
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(os.path.join(root, "bin"))
        os.makedirs(os.path.join(root, "modules"))
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin/busybox"))
        shutil.copy(_INIT, os.path.join(root, "init"))
        os.chmod(os.path.join(root, "init"), 0o755)
        order = []
        for module in EARLY_MODULES:
            shown = subprocess.run(
                ["modprobe", "--config", "/dev/null", "-d", self.directory, "-S", self.release, "--show-depends", module],
                text=True, capture_output=True, check=True).stdout
            order += [line.split()[1] for line in shown.splitlines() if line.startswith("insmod")]
        with open(os.path.join(root, "modules/order"), "w") as names:
            for path in dict.fromkeys(order):
                name = os.path.basename(path).removesuffix(".xz")
                with open(path, "rb") as packed, open(os.path.join(root, "modules", name), "wb") as file:
                    subprocess.run(["xz", "-dc"] if path.endswith(".xz") else ["cat"], stdin=packed, stdout=file, check=True)
                names.write(name + "\n")
        with open(os.path.join(self.directory, "initrd"), "wb") as file:
            subprocess.run("find . | cpio --quiet -o -H newc -R 0:0", shell=True, cwd=root, stdout=file, check=True)

    def _make_root(self):
        products = [f"{self.build}/{product}" for product in PRODUCTS]
        programs = {os.path.realpath(product) for product in products} | {os.path.abspath(self.build)}
        programs |= {library for product in products for library in _libraries(product)}
        paths = _package_files(self.packages)
        paths |= {"/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"}
        for folder in self.files:
            paths |= _tree(os.path.abspath(folder))
        if sys.base_prefix != "/usr":
            # A Python that is not Debian's runs the tests then; Debian's is there too.
            library = os.path.join(sys.base_prefix, f"lib/python{sys.version_info.major}.{sys.version_info.minor}")
            paths |= set(glob.glob(os.path.join(sys.base_prefix, "bin/python3*")))
            paths |= {path for path in _tree(library) if not re.search("/(test|config-[^/]*|idlelib|site-packages|ensurepip)/", path)}
            paths |= set(glob.glob(os.path.join(sys.base_prefix, "lib/libpython*.so*")))
        if os.path.exists(self.root):
            os.unlink(self.root)
        modules = os.path.relpath(os.path.join(self.directory, "usr/lib/modules"), "/")
        listing = "".join(path + "\0" for path in sorted(paths | programs))
        with subprocess.Popen(
                ["tar", "-c", "-C", "/", "--no-recursion", "--null", "-P", "--ignore-failed-read", "-T", "-",
                 "--recursion", f"--transform=s,^{modules},usr/lib/modules,", modules],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as archive:
            feeder = threading.Thread(target=lambda: (archive.stdin.write(listing.encode()), archive.stdin.close()))
            feeder.start()
            # Unpacking is slow where every instruction is emulated.
            subprocess.run(
                ["sqfstar", "-quiet", "-no-progress", "-all-root", "-noI", "-noD", "-noF", "-noX", self.root],
                stdin=archive.stdout, check=True)
            feeder.join()

    # --- Running it ---------------------------------------------------------------------------------------------------

    def run(self, command, limit, counted=False):
        """Runs a shell command in the folder of the project; gives its exit code, or None where the machine ended without
        one or was not done after `limit` seconds. What it prints appears here and in the console's log; what it writes is
        gone, but for the folder `results`. If `counted`, its clock is the number of instructions that it has run, 4 ns for
        each: it is slower, and how busy the machine outside is makes no difference in there."""
        shutil.rmtree(self.results, ignore_errors=True)
        os.makedirs(self.results)
        with open(os.path.join(self.results, "command"), "w") as file:
            file.write("\n".join([
                "set -e",
                f"cd '{os.getcwd()}'",
                f"export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1",
                f"export WORLD_MACHINE={self.name} WORLD_PATIENCE={PATIENCE} WORLD_PLANE={os.environ.get('WORLD_PLANE', '')}",
                f"modprobe -a {' '.join(LATE_MODULES)}",
                command,
                ""]))
        emulator = subprocess.Popen(
            [EMULATOR, "-accel", "tcg", *(COUNTED if counted else ("-cpu", PROCESSOR)), "-smp", str(PROCESSORS), "-m", MEMORY,
             "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none", "-serial", "stdio",
             "-device", "virtio-rng-pci",
             "-kernel", os.path.join(self.directory, "boot", f"vmlinuz-{self.release}"),
             "-initrd", os.path.join(self.directory, "initrd"),
             "-append", f"console=ttyS0 quiet panic=-1 mitigations=off {BUSY} machine.results={self.results}",
             "-drive", f"file={self.root},format=raw,if=virtio,readonly=on",
             "-virtfs", f"local,path={self.results},mount_tag=results,security_model=none"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        watch = threading.Timer(limit, emulator.kill)
        watch.start()
        with open(self.console, "wb") as log:
            while data := emulator.stdout.read1(4096):
                log.write(data)
                log.flush()
                sys.stdout.buffer.write(data)
                sys.stdout.flush()
        emulator.wait()
        watch.cancel()
        try:
            return int(open(os.path.join(self.results, "exit-code")).read())
        except (OSError, ValueError):
            return None


def results(name):
    """The path of the results of `run_tests` in JUnit's format. There is none where it came to none."""
    return os.path.join(Machine(name).results, "pytest.xml")


def run_tests(name, arguments, limit):
    """Runs pytest with these arguments in the machine of that name, and gives its exit code."""
    machine = Machine(name)
    machine.prepare()
    python = shlex.quote(os.path.abspath(sys.executable) if sys.prefix != sys.base_prefix else sys.executable)
    command = " ".join([
        f"PYTHONPATH=Tests/World {python} -m world pytest -p no:cacheprovider", f"--junitxml={shlex.quote(results(name))}",
        *map(shlex.quote, arguments)])
    # The logs of what failed come out, too.
    logs = shlex.quote(machine.results)
    code = machine.run(f"{command} || {{ code=$?; cp -r build/world-logs {logs}; exit $code; }}", limit)
    if code is None:
        print(f"The virtual machine ended without a result; its console is in {machine.console}.")
    return 1 if code is None else code


def _libraries(program):
    """The paths of the shared libraries that a program is linked with."""
    shown = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
    paths = {os.path.normpath(path) for path in re.findall(r"=> (/\S+)", shown)}
    return {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in paths} | {
        os.path.realpath(path) for path in paths}


def _tree(folder):
    """The paths of all that is in a folder."""
    return {os.path.join(parent, name) for parent, folders, files in os.walk(folder) for name in [*folders, *files]}


def _package_files(wanted):
    """The paths of all files of installed packages and of what they depend on, with no symbolic link in their folders."""
    needs, lists = {}, {}
    with open("/var/lib/dpkg/status") as file:
        for paragraph in file.read().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in paragraph.split("\n") if ": " in line and line[0] != " ")
            name = fields.get("Package")
            if fields.get("Essential") == "yes":
                wanted = (*wanted, name)
            depends = ", ".join(fields.get(field, "") for field in ("Depends", "Pre-Depends"))
            needs[name] = [choice.split()[0].split(":")[0] for group in depends.split(",") for choice in group.split("|")
                           if choice.strip()]
            for provided in fields.get("Provides", "").split(","):
                if provided.strip():
                    needs.setdefault(provided.split()[0], []).append(name)
            for path in (f"{name}:{fields.get('Architecture')}", name):
                if os.path.exists(f"/var/lib/dpkg/info/{path}.list"):
                    lists[name] = f"/var/lib/dpkg/info/{path}.list"
    pending, found = list(wanted), set()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += needs.get(name, [])
    paths = set()
    for name in found & set(lists):
        for path in open(lists[name]).read().split("\n"):
            folder, last = os.path.split(path)
            if last not in ("", ".") and not path.startswith(("/usr/share/doc", "/usr/share/man", "/usr/share/locale", "/usr/lib/locale")):
                paths.add(os.path.join(os.path.realpath(folder), last))
    return paths
