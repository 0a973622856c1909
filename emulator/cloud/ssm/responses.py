"""The operations on secrets: what their parameters may be, and the form of their replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloud.dispatch import Call, Json, Operation, flag, number, records, text
from emulator.cloud.errors import CloudError
from emulator.cloud.ssm.models import FIRST_VERSION, Secret, Value

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_HIDDEN = ("SecretString", "SecretBinary")
_CUSTOM = 0
_MOST = 200


def _get_value(cloud: Cloud, call: Call) -> Json:
    name, version = call.params["SecretName"], call.params["VersionId"]
    value = cloud.secrets.read(name, version)
    return {"SecretName": name, "VersionId": version, "SecretString": value.text, "SecretBinary": value.binary}


def _create(cloud: Cloud, call: Call) -> Json:
    if call.params.get("SecretType", _CUSTOM) != _CUSTOM:
        raise CloudError("InvalidParameterValue", "This cloud has custom secrets only (SecretType 0).")
    version = call.params.get("VersionId") or FIRST_VERSION
    cloud.secrets.create(call.params["SecretName"], version, _value(call), call.params.get("Description", ""))
    return {"SecretName": call.params["SecretName"], "VersionId": version, "TagCode": 0, "TagMsg": ""}


def _put(cloud: Cloud, call: Call) -> Json:
    cloud.secrets.add(call.params["SecretName"], call.params["VersionId"], _value(call))
    return {"SecretName": call.params["SecretName"], "VersionId": call.params["VersionId"]}


def _update(cloud: Cloud, call: Call) -> Json:
    cloud.secrets.overwrite(call.params["SecretName"], call.params["VersionId"], _value(call))
    return {"SecretName": call.params["SecretName"], "VersionId": call.params["VersionId"]}


def _value(call: Call) -> Value:
    return Value(call.now, call.params.get("SecretString", ""), call.params.get("SecretBinary", ""))


def _delete(cloud: Cloud, call: Call) -> Json:
    gone_at = cloud.secrets.delete(call.params["SecretName"], call.params.get("RecoveryWindowInDays", 0), call.now)
    return {"SecretName": call.params["SecretName"], "DeleteTime": gone_at}


def _enable(cloud: Cloud, call: Call) -> Json:
    cloud.secrets.switch(call.params["SecretName"], "Enabled")
    return {"SecretName": call.params["SecretName"]}


def _disable(cloud: Cloud, call: Call) -> Json:
    cloud.secrets.switch(call.params["SecretName"], "Disabled")
    return {"SecretName": call.params["SecretName"]}


def _restore(cloud: Cloud, call: Call) -> Json:
    cloud.secrets.restore(call.params["SecretName"])
    return {"SecretName": call.params["SecretName"]}


def _describe(cloud: Cloud, call: Call) -> Json:
    secret = cloud.secrets.find(call.params["SecretName"])
    return {**_show(secret), "RotationStatus": False, "AdditionalConfig": ""}


def _list(cloud: Cloud, call: Call) -> Json:
    offset, limit = call.params.get("Offset", 0), call.params.get("Limit", 20)
    if offset < 0 or not 0 < limit <= _MOST:
        raise CloudError("InvalidParameterValue", f"Limit is 1 to {_MOST}, Offset not negative.")
    found = [one for one in cloud.secrets if call.params.get("SearchSecretName", "") in one.name]
    rows = [
        {**_show(one), "KmsKeyType": "DEFAULT", "RotationStatus": 0, "NextRotationTime": 0, "RotationBeginTime": ""}
        for one in found[offset : offset + limit]
    ]
    return {"TotalCount": len(found), "SecretMetadatas": rows}


def _versions(cloud: Cloud, call: Call) -> Json:
    secret = cloud.secrets.find(call.params["SecretName"])
    rows = [{"VersionId": name, "CreateTime": int(one.created_at)} for name, one in secret.versions.items()]
    return {"SecretName": secret.name, "Versions": rows}


def _show(secret: Secret) -> Json:
    return {
        "SecretName": secret.name,
        "Description": secret.description,
        "KmsKeyId": "",
        "CreateUin": 0,
        "Status": secret.status,
        "DeleteTime": secret.delete_at,
        "CreateTime": int(secret.created_at),
        "SecretType": _CUSTOM,
        "ProductName": "",
        "ResourceID": "",
        "ResourceName": "",
        "RotationFrequency": 0,
        "ProjectID": 0,
        "AssociatedInstanceIDs": [],
        "TargetUin": 0,
    }


_NAME = {"SecretName": text}
_CONTENT = {"SecretBinary": text, "SecretString": text}

OPERATIONS = {
    "GetSecretValue": Operation(
        _get_value,
        {"SecretName": text, "VersionId": text, "EncryptionPublicKey": text, "EncryptionAlgorithm": text},
        required=("SecretName", "VersionId"),
        per_second=300,
        changes=False,
    ),
    "CreateSecret": Operation(
        _create,
        {
            "SecretName": text,
            "VersionId": text,
            "Description": text,
            "KmsKeyId": text,
            "SecretType": number,
            **_CONTENT,
            "AdditionalConfig": text,
            "Tags": records,
            "KmsHsmClusterId": text,
            "EncryptType": number,
        },
        required=("SecretName",),
        hidden=_HIDDEN,
    ),
    "PutSecretValue": Operation(
        _put,
        {"SecretName": text, "VersionId": text, **_CONTENT},
        required=("SecretName", "VersionId"),
        hidden=_HIDDEN,
    ),
    "UpdateSecret": Operation(
        _update,
        {"SecretName": text, "VersionId": text, **_CONTENT},
        required=("SecretName", "VersionId"),
        hidden=_HIDDEN,
    ),
    "DeleteSecret": Operation(
        _delete,
        {"SecretName": text, "RecoveryWindowInDays": number, "CleanSSHKey": flag, "DeleteMode": number},
        required=("SecretName",),
    ),
    "EnableSecret": Operation(_enable, _NAME, required=("SecretName",)),
    "DisableSecret": Operation(_disable, _NAME, required=("SecretName",)),
    "RestoreSecret": Operation(_restore, _NAME, required=("SecretName",)),
    "DescribeSecret": Operation(_describe, _NAME, required=("SecretName",), changes=False),
    "ListSecretVersionIds": Operation(_versions, _NAME, required=("SecretName",), changes=False),
    "ListSecrets": Operation(
        _list,
        {
            "Offset": number,
            "Limit": number,
            "OrderType": number,
            "State": number,
            "SearchSecretName": text,
            "TagFilters": records,
            "SecretType": number,
            "ProductName": text,
            "EncryptType": number,
            "InstanceID": text,
        },
        changes=False,
    ),
}
