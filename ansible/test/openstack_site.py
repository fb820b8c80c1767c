"""What a cloud such as Chameleon has before anybody comes, on the OpenStack of test/openstack: an image, a flavor, the
external network. Prints the id and the secret of an application credential, a line each."""

import openstack

cloud = openstack.connect(
    auth_url="http://127.0.0.1:5000/v3", username="admin", password="secret", project_name="admin",
    user_domain_name="Default", project_domain_name="Default", region_name="RegionOne")
cloud.create_image("CC-Ubuntu22.04", data=b"blank", disk_format="raw", container_format="bare", wait=True)
cloud.create_flavor("m1.medium", ram=4096, vcpus=2, disk=40)
flat = {"network_type": "flat", "physical_network": "physnet1"}
network = cloud.create_network("public", external=True, provider=flat)
cloud.create_subnet(network.id, cidr="203.0.113.0/24", enable_dhcp=False)
credential = cloud.identity.create_application_credential(cloud.current_user_id, "iotpipe")
print(credential.id)
print(credential.secret)
