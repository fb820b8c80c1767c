# Four machines on this one (sourced by the tests beside it, as root): systemd nodes in containers, at 192.168.5.11 to
# 192.168.5.14 in a network namespace of their own, with no way out, and a web server with packages and archives.
# shellcheck shell=bash
# shellcheck disable=SC2154  # root is set by whoever sources this
# shellcheck source=scripts/common.sh
. "$root/scripts/common.sh"

readonly cache=$root/.deps/ansible-lab venv=$root/.deps/ansible
# Two tests with names of their own may run side by side.
namespace=${namespace:-iotpipe-ansible}
work=${IOTPIPE_ANSIBLE_WORK:-$root/.build}/$namespace
readonly namespace work gateway=192.168.5.1
# What an earlier run left is taken down with its own.
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
readonly nodes=(Team21_vm1 Team21_vm2 Team21_vm3 Team21_vm4)

# What a cloud image of Debian or Ubuntu brings along.
readonly node_packages=systemd,systemd-sysv,dbus,openssh-server,python3,python3-apt,sudo,iproute2,procps,netbase,kmod,ca-certificates
# What the playbooks install.
readonly role_packages=(acl chrony firewalld nftables openjdk-17-jre-headless postgresql
    python3-cryptography python3-psycopg2 xz-utils)

# Whether this process has the lab: then it also takes it down.
owned=''

# Runs a command in the lab's network.
inside() { nsenter --net="/run/netns/$namespace" "$@" 9>&-; }

engine() { inside podman "$@"; }

address() { echo "192.168.5.1${1#Team21_vm}"; }

# Runs a command on a node as root, past ssh and firewall.
on() {
    local node=$1
    shift
    engine exec "$node" "$@"
}

# Ansible and the linters, in an environment of their own.
install_ansible() {
    [ -f "$venv/complete" ] && cmp -s "$root/ansible/requirements.txt" "$venv/complete" && return
    say "installing Ansible (about 60 MB from PyPI)"
    mkdir -p "$root/.deps"
    python3 -m venv --clear "$venv" || fail "python3 -m venv failed: apt-get install python3-venv"
    "$venv/bin/pip" install --quiet --requirement "$root/ansible/requirements.txt" ||
        fail "pip could not install ansible/requirements.txt"
    cp "$root/ansible/requirements.txt" "$venv/complete"
}

# The root of a node, and the packages that the roles add, both from Debian's mirror.
make_node_image() {
    local packages="${role_packages[*]}"
    [ "$(cat "$cache/complete" 2>/dev/null)" != "$node_packages $packages" ] || return 0
    need_disk "$root" 6000 "the four nodes"
    rm -rf "$cache"
    mkdir -p "$cache/packages"
    # shellcheck disable=SC2016  # expanded by mmdebstrap
    megabytes=250 make_debian_root bookworm "$cache/node.tar" --include="$node_packages" \
        --customize-hook='chroot "$1" useradd --create-home --shell /bin/bash cc' \
        --customize-hook='echo "cc ALL=(ALL) NOPASSWD:ALL" >"$1/etc/sudoers.d/cc"' \
        --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*' \
        --customize-hook="upload '$root/ansible/test/hostkeys.service' /etc/systemd/system/hostkeys.service" \
        --customize-hook='chroot "$1" systemctl --quiet enable hostkeys.service' \
        --customize-hook='chroot "$1" systemctl --quiet mask systemd-logind.service systemd-udevd.service \
            getty.target console-getty.service apt-daily.timer apt-daily-upgrade.timer' \
        --customize-hook="chroot \"\$1\" apt-get -qq --download-only --no-install-recommends install $packages" \
        --customize-hook="sync-out /var/cache/apt/archives '$cache/packages'"
    rm -rf "$cache/packages/partial" "$cache/packages/lock"
    (cd "$cache/packages" && apt-ftparchive packages . >Packages 2>/dev/null)
    echo "$node_packages $packages" >"$cache/complete"
}

start_node() {
    local node=$1 host=${1,,}
    engine run --detach --name "$node" --hostname "${host//_/-}" --network "$namespace" --ip "$(address "$node")" \
        --systemd=always --memory 3900m --cap-add NET_ADMIN,NET_RAW,AUDIT_WRITE,SYS_CHROOT --tmpfs /tmp \
        --no-hosts --sysctl net.ipv4.ip_forward=0 localhost/iotpipe-node >/dev/null || fail "cannot start $node"
}

# Waits until a node takes connections, and lets the lab's key in.
await_node() {
    local node=$1
    wait_until 60 "sshd on $node" inside timeout 1 bash -c "exec 3<>/dev/tcp/$(address "$node")/22"
}

# The namespace and the engine, for this process alone.
lab_begin() {
    [ "$(id -u)" = 0 ] || fail "privilege: containers and name spaces need root"
    mkdir -p "$(dirname "$work")"
    exec 9>"$work.lock"
    flock -n 9 || fail "another run is using $work"
    # shellcheck disable=SC2034  # read by whoever sources this
    owned=yes
    lab_down
    mkdir -p "$work/www"
    configure_podman "$work" "$namespace"
    install_packages podman netavark aardvark-dns runc iptables nftables mmdebstrap apt-utils openssh-client
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
}

# Network, nodes and the web server at http://192.168.5.1:8000, which serves $work/www and the packages.
lab_up() {
    lab_begin
    make_node_image
    say "starting four nodes"
    engine import --quiet --change 'CMD ["/sbin/init"]' --change 'STOPSIGNAL SIGRTMIN+3' \
        "$cache/node.tar" localhost/iotpipe-node >/dev/null || fail "podman cannot import the nodes' image"
    engine network create --internal --subnet 192.168.5.0/24 --gateway "$gateway" --disable-dns "$namespace" >/dev/null
    ssh-keygen -q -t ed25519 -N '' -C lab -f "$work/id_lab"
    local node
    for node in "${nodes[@]}"; do
        start_node "$node"
        on "$node" sh -c '
            install -d -o cc -g cc -m 700 ~cc/.ssh
            rm -f /etc/apt/sources.list.d/*
            : >/etc/apt/sources.list
            echo 127.0.0.1 localhost >/etc/hosts'
        engine cp "$work/id_lab.pub" "$node:/home/cc/.ssh/authorized_keys"
        on "$node" chown cc:cc /home/cc/.ssh/authorized_keys
    done
    ln -s "$cache/packages" "$work/www/packages"
    (exec nsenter --net="/run/netns/$namespace" python3 -m http.server --bind "$gateway" --directory "$work/www" 8000 \
        >"$work/http.log" 2>&1 9>&-) &
    echo $! >"$work/http.pid"
    for node in "${nodes[@]}"; do
        await_node "$node"
    done
}

# Stops and removes everything that lab_up made, but for the cache.
lab_down() {
    [ ! -f "$work/http.pid" ] || kill "$(cat "$work/http.pid")" 2>/dev/null || true
    if [ -d "$work/storage" ] && [ -e "/run/netns/$namespace" ]; then
        engine rm --all --force --time 0 >/dev/null 2>&1 || true
        engine rmi --all --force >/dev/null 2>&1 || true
    fi
    if [ -d "$work/storage" ]; then
        umount "$work/storage/overlay" 2>/dev/null || true
    fi
    [ ! -e "/run/netns/$namespace" ] || ip netns del "$namespace"
    rm -rf --one-file-system "$work" "/run/$namespace"
}
