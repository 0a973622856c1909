#!/bin/sh
# The whole life of an EIP, seen with kubectl and with the cloud's own API: eipctl dev --exec "sh examples/try.sh"
# Ends with 0 only if both agree all the way.
set -eu
cd "$(dirname "$0")"

# The cloud's EIPs, by a signed DescribeAddresses: public IP, status, and the private IP that it is bound to.
cloud() {
  python -c '
import os
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

protocol, endpoint = os.environ["EIPCLAIM_CLOUD_ENDPOINT"].split("://")
profile = ClientProfile(httpProfile=HttpProfile(protocol=protocol, endpoint=endpoint))
credential = Credential(os.environ["TENCENTCLOUD_SECRETID"], os.environ["TENCENTCLOUD_SECRETKEY"])
client = CommonClient("vpc", "2017-03-12", credential, os.environ["TENCENTCLOUD_REGION"], profile)
for eip in client.call_json("DescribeAddresses", {"Limit": 100})["Response"]["AddressSet"]:
    print(eip["AddressIp"], eip["AddressStatus"], eip["PrivateAddressIp"])
'
}

of() { kubectl get "$1" "$2" --ignore-not-found --output "jsonpath={$3}"; } # KIND NAME FIELD

eventually() { # WHAT COMMAND...: until it succeeds
  what=$1 left=180
  shift
  until "$@"; do
    left=$((left - 1))
    if [ "$left" -eq 0 ]; then
      echo "NOT SO: $what" >&2
      kubectl get eipc,pods --output wide >&2
      cloud >&2
      exit 1
    fi
    sleep 1
  done
  echo "ok: $what"
}

bound() { # POD: the claim says Bound, pod and claim the same EIP, and the cloud has bound it to the pod's IP
  eip=$(of eipc "$1" .status.publicIP)
  [ -n "$eip" ] && [ "$(of eipc "$1" .status.phase)" = Bound ] &&
    [ "$(of pod "$1" '.metadata.annotations.tke\.cloud\.tencent\.com/eip-public-ip')" = "$eip" ] &&
    cloud | grep -qFx "$eip BIND $(of pod "$1" .status.podIP)"
}

another() { [ "$(of pod "$1" .metadata.uid)" != "$2" ] && bound "$1"; } # POD OLD-UID

released() { left_over=$(cloud) && ! echo "$left_over" | grep -qF "$1 "; } # EIP

kubectl apply --filename statefulset.yaml
eventually "busybox-0 has an EIP, and the cloud says the same" bound busybox-0
first=$(of eipc busybox-0 .status.publicIP)
eventually "busybox-1 has an EIP, and the cloud says the same" bound busybox-1
second=$(of eipc busybox-1 .status.publicIP)
kubectl get eipc

uid=$(of pod busybox-0 .metadata.uid)
kubectl delete pod busybox-0 --wait=false
eventually "busybox-0 is another pod, and has an EIP" another busybox-0 "$uid"
[ "$(of eipc busybox-0 .status.publicIP)" = "$first" ] || { echo "NOT SO: it is the same EIP, $first" >&2; exit 1; }
echo "ok: it is the same EIP, $first"

kubectl delete --filename statefulset.yaml
kubectl delete eipc busybox-0 busybox-1 --timeout 180s
eventually "the cloud has $first no more" released "$first"
eventually "the cloud has $second no more" released "$second"
